import { type APIService, APIServiceKind, EndpointSliceKind, ServiceKind } from "@kubets/api";
import { isStatus, type Kind, type Logger, type Tasks } from "@kubets/machinery";
import type { Endpoint, ObjectReader, ObjectWriter, RequestInfo } from "../contracts.ts";
import type { RegisteredVersion } from "../discovery/index.ts";
import type { RemoteDocuments } from "../openapi/index.ts";
import type { ResourceCatalog } from "../resource-catalog.ts";
import type { Reach } from "./back-end-check.ts";
import { automanagedLabel, isAvailable, isBuiltIn, isLocal, localAvailability, localServices, withAvailability } from "./local-services.ts";
import { passOn } from "./pass-on.ts";
import { createRemoteServices } from "./remote-services.ts";

export interface AggregationOptions extends Reach {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  readonly remove: (kind: Kind, namespace: string, name: string) => Promise<void>;
  readonly catalog: ResourceCatalog;
  readonly tasks: Tasks;
  readonly logger: Logger;
}

/** Other API servers behind this one: each group version that an APIService names is served by the server that it names. */
export interface Aggregation {
  /** Who answers requests for group versions of other servers; `undefined` for this server's own. */
  readonly route: (info: RequestInfo) => Endpoint | undefined;
  /** The group versions that have an APIService. The same array while nothing changes. */
  readonly registered: () => readonly RegisteredVersion[];
  readonly openapi: RemoteDocuments;
  /** Registers this server's own group versions, then follows all that changes until `signal` is aborted. */
  start(signal: AbortSignal): Promise<void>;
}

export function createAggregation(options: AggregationOptions): Aggregation {
  const { reader, writer, remove, catalog, clock, tasks, logger } = options;
  /** Counts what was found out about other servers. */
  let findings = 0;
  const remotes = createRemoteServices({ ...options, onChange: () => findings++ });

  const view = derived(
    // Both only grow.
    () => (reader.lastChange?.(APIServiceKind) ?? 0) + findings,
    () => {
      const services = reader.list(APIServiceKind, "");
      const remote = services.filter((service) => !isLocal(service));
      return {
        routes: new Map(remote.map((service) => [groupVersionOf(service), passOn(options, service.metadata.name)])),
        registered: services.map((service) => registeredVersion(service, remotes.findingOf(service.metadata.name)?.resources)),
        documents: new Map(
          remote.flatMap((service) => {
            const url = remotes.findingOf(service.metadata.name)?.openapiUrl;
            return url === undefined || !isAvailable(service) ? [] : [[`apis/${groupVersionOf(service)}` as string, url] as const];
          }),
        ),
      };
    },
  );

  const route: Aggregation["route"] = ({ path }) => {
    const { routes } = view();
    if (routes.size === 0) return undefined;
    const [, prefix, group, version] = path.split("/");
    return prefix === "apis" ? routes.get(`${group}/${version}`) : undefined;
  };

  const registerOwn = async (which: "all" | "declared"): Promise<void> => {
    const wanted = localServices(catalog.kinds).filter(
      ({ metadata }) => which === "all" || metadata?.labels?.[automanagedLabel] === "true",
    );
    const present = new Map(reader.list(APIServiceKind, "").map((service) => [service.metadata.name, service]));
    const names = new Set(wanted.map(({ metadata }) => metadata?.name));
    const missing = wanted.filter(({ metadata }) => !present.has(metadata?.name ?? ""));
    await Promise.all(
      missing.map((service) =>
        unlessOvertaken(() =>
          isBuiltIn(service) ? writer.createConstant(APIServiceKind, service) : writer.create(APIServiceKind, service),
        ),
      ),
    );
    // Kinds that are declared no longer take with them what was made for them.
    const left = [...present.values()].filter(
      ({ metadata }) => metadata.labels?.[automanagedLabel] === "true" && !names.has(metadata.name),
    );
    await Promise.all(left.map(({ metadata }) => remove(APIServiceKind as unknown as Kind, "", metadata.name)));
  };

  const sayLocal = async (): Promise<void> => {
    const now = clock.now();
    const changed = reader
      .list(APIServiceKind, "")
      .filter(isLocal)
      .flatMap((service) => withAvailability(service, localAvailability, now) ?? []);
    await Promise.all(changed.map((service) => unlessOvertaken(() => writer.updateStatus(APIServiceKind, service))));
  };

  return {
    route,
    registered: () => view().registered,
    openapi: {
      urls: () => view().documents,
      serve: (path) => (view().documents.has(path) ? route({ verb: "get", path: `/${path}`, query: new URLSearchParams() }) : undefined),
    },
    async start(signal) {
      let state: "resting" | "working" | "to work again" = "resting";
      const follow = (): void => {
        if (signal.aborted) return;
        if (state !== "resting") {
          state = "to work again";
          return;
        }
        state = "working";
        tasks.start("API services", async () => {
          try {
            await registerOwn("declared");
            await sayLocal();
            remotes.refresh();
          } catch (error) {
            logger.warn("API services could not be registered and are tried again with the next change", { error });
          }
          const isStale = (state as string) === "to work again";
          state = "resting";
          if (isStale) follow();
        });
      };
      await registerOwn("all");
      using following = new DisposableStack();
      following.use(catalog.onChange(follow));
      for (const kind of [APIServiceKind, ServiceKind, EndpointSliceKind] as readonly unknown[] as readonly Kind[]) {
        // Services and endpoints change often, and mean something only to who is reached through them.
        const listener = kind === (APIServiceKind as unknown) ? follow : () => void (view().routes.size > 0 && follow());
        const one = reader.onChange?.(kind, listener);
        if (one !== undefined) following.use(one);
      }
      const stack = following.move();
      signal.addEventListener(
        "abort",
        () => {
          stack.dispose();
          remotes.stop();
        },
        { once: true },
      );
      follow();
    },
  };
}

function groupVersionOf({ spec: { group = "", version = "" } }: APIService): string {
  return `${group}/${version}`;
}

function registeredVersion(service: APIService, resources: readonly Readonly<Record<string, unknown>>[] | undefined): RegisteredVersion {
  const { group = "", version = "", groupPriorityMinimum, versionPriority } = service.spec;
  const registered = { group, version, groupPriority: groupPriorityMinimum, versionPriority };
  if (isLocal(service)) return registered;
  const freshness = resources !== undefined && isAvailable(service) ? "Current" : "Stale";
  return { ...registered, remote: { resources: resources ?? [], freshness } };
}

/** Made anew only when what it is made from has changed. */
function derived<Value>(versionOf: () => number, make: () => Value): () => Value {
  let made: { readonly version: number; readonly value: Value } | undefined;
  return () => {
    const version = versionOf();
    if (made?.version !== version) made = { version, value: make() };
    return made.value;
  };
}

/** Another server beside this one may have been faster. */
async function unlessOvertaken(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isStatus(error, "AlreadyExists", "Conflict", "NotFound")) throw error;
  }
}
