import { type APIService, APIServiceKind } from "@kubets/api";
import { type Clock, isStatus, type Logger, sameJson, type Tasks, type Timer } from "@kubets/machinery";
import type { ObjectReader, ObjectWriter } from "../contracts.ts";
import { backEndOf } from "./back-end.ts";
import { checkBackEnd, type Finding, type Reach } from "./back-end-check.ts";
import { isLocal, withAvailability } from "./local-services.ts";

export interface RemoteServicesOptions extends Reach {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  /** Told after every check that found something new. */
  readonly onChange: () => void;
}

/** Follows the servers behind APIServices: asks each whether it is there, and says so in the APIService's status. */
export interface RemoteServices {
  /** Takes note of APIServices, Services and endpoints as they are now: what is new or reached in another way is asked at once. */
  refresh(): void;
  findingOf(name: string): Finding | undefined;
  stop(): void;
}

// As often as upstream asks again; a server that failed is asked sooner, then ever more rarely.
const period = 30_000;
const firstRetry = 1000;

interface Followed {
  /** How it is reached; a change is a reason to ask at once. */
  wiring: unknown;
  finding: Finding | undefined;
  failures: number;
  timer: Timer | undefined;
  state: "resting" | "asking" | "to be asked again";
}

export function createRemoteServices(options: RemoteServicesOptions): RemoteServices {
  const { reader, writer, clock, tasks, logger, onChange } = options;
  const followed = new Map<string, Followed>();
  let isStopped = false;

  const read = (name: string): APIService | undefined => {
    const service = reader.get(APIServiceKind, "", name);
    return service === undefined || isLocal(service) ? undefined : service;
  };

  const forget = (name: string, { timer }: Followed): void => {
    timer?.[Symbol.dispose]();
    followed.delete(name);
    onChange();
  };

  const enqueue = (name: string, each: Followed): void => {
    if (isStopped) return;
    each.timer?.[Symbol.dispose]();
    if (each.state !== "resting") {
      each.state = "to be asked again";
      return;
    }
    each.state = "asking";
    tasks.start("API service availability", async (task) => {
      const service = read(name);
      if (service !== undefined) {
        const finding = await checkBackEnd(service, options, task);
        if (isStopped || followed.get(name) !== each) return;
        const before = each.finding;
        // What a server served before it fell silent is worth showing, as stale.
        each.finding = { ...(before?.resources === undefined ? {} : { resources: before.resources }), ...finding };
        each.failures = finding.availability.isAvailable ? 0 : each.failures + 1;
        await say(name, finding);
        if (!sameJson(each.finding, before)) onChange();
      }
      if (isStopped || followed.get(name) !== each) return;
      const isStale = (each.state as Followed["state"]) === "to be asked again";
      each.state = "resting";
      if (isStale) enqueue(name, each);
      else
        each.timer = clock.after(Math.min(period, each.failures === 0 ? period : firstRetry * 2 ** (each.failures - 1)), () =>
          enqueue(name, each),
        );
    });
  };

  const say = async (name: string, { availability }: Finding): Promise<void> => {
    const service = read(name);
    const changed = service === undefined ? undefined : withAvailability(service, availability, clock.now());
    if (changed === undefined) return;
    try {
      await writer.updateStatus(APIServiceKind, changed);
    } catch (error) {
      // Somebody else wrote it meanwhile: that change leads here again.
      if (!isStatus(error, "Conflict", "NotFound")) logger.warn("The availability of an API service could not be written", { name, error });
    }
  };

  return {
    refresh() {
      if (isStopped) return;
      const remote = new Map(
        reader
          .list(APIServiceKind, "")
          .filter((service) => !isLocal(service))
          .map((service) => [service.metadata.name, service]),
      );
      for (const [name, each] of [...followed]) if (!remote.has(name)) forget(name, each);
      for (const [name, service] of remote) {
        const wiring = [service.spec, backEndOf(service, options), service.metadata.uid];
        let each = followed.get(name);
        if (each !== undefined && sameJson(each.wiring, wiring)) continue;
        each ??= { wiring, finding: undefined, failures: 0, timer: undefined, state: "resting" };
        each.wiring = wiring;
        followed.set(name, each);
        enqueue(name, each);
      }
    },
    findingOf: (name) => followed.get(name)?.finding,
    stop() {
      isStopped = true;
      for (const { timer } of followed.values()) timer?.[Symbol.dispose]();
    },
  };
}
