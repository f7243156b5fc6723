import {
  cleanupFinalizer,
  type CustomResourceDefinition,
  CustomResourceDefinitionKind,
  isDefinitionCondition,
  withCondition,
} from "@kubets/api";
import { type Clock, finishInTurns, formatTime, type Kind, type Logger, sameJson, StatusError, type Tasks } from "@kubets/machinery";
import type { ObjectReader, ObjectWriter } from "../contracts.ts";
import type { WritableCatalog } from "../resource-catalog.ts";
import type { KindCache } from "../watch-cache/kind-cache.ts";
import type { WatchCache } from "../watch-cache/watch-cache.ts";
import type { Convert } from "./conversion-webhook.ts";
import { customKinds } from "./custom-kind.ts";
import { decideStatus } from "./definition-status.ts";
import { storedKindOf } from "./stored-kind.ts";

export interface DefinitionsOptions {
  readonly catalog: WritableCatalog;
  readonly watchCache: WatchCache;
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  /** Deletes an object of a custom kind, as its finalizers allow. */
  readonly deleteObject: (kind: Kind, namespace: string, name: string) => Promise<void>;
  /** Who converts the objects of a definition; `undefined` where only their apiVersion changes. */
  readonly conversion?: (definition: CustomResourceDefinition) => Convert | undefined;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
}

/** Follows the definitions of custom resources: accepts their names, has them served, and clears up after them. */
export interface Definitions {
  /** Serves what was established before the server started; from then on follows changes. */
  start(): Promise<void>;
  stop(): void;
}

/** What is served for a definition, and what it was made from. */
interface Serving {
  readonly kinds: readonly Kind[];
  readonly stored: Kind;
  readonly cache: KindCache;
  readonly madeFrom: unknown;
  readonly following: Disposable;
}

const crd = CustomResourceDefinitionKind;
const retryAfter = 1000;
// As many deletions as are under way at a time.
const deletionsAtOnce = 100;

export function createDefinitions(options: DefinitionsOptions): Definitions {
  const { catalog, watchCache, reader, writer, clock, tasks, logger } = options;
  const serving = new Map<string, Serving>();
  const pending = new Set<string>();
  let isRunning = false;
  let isStopped = false;
  let following: Disposable | undefined;

  const read = (name: string): CustomResourceDefinition | undefined => reader.get(crd, "", name);

  const enqueue = (name: string): void => {
    if (isStopped) return;
    pending.add(name);
    if (isRunning) return;
    isRunning = true;
    tasks.start("custom resource definitions", work);
  };

  const work = async (): Promise<void> => {
    for (const name of pending) {
      pending.delete(name);
      if (isStopped) break;
      try {
        await reconcile(name);
      } catch (error) {
        // Someone else wrote it meanwhile: its change is on its way, or here already.
        if (error instanceof StatusError && (error.reason === "Conflict" || error.reason === "NotFound")) continue;
        logger.warn("A custom resource definition could not be carried out and is tried again", { name, error });
        clock.after(retryAfter, () => enqueue(name));
      }
    }
    isRunning = false;
    if (pending.size > 0) enqueue(pending.values().next().value!);
  };

  const reconcile = async (name: string): Promise<void> => {
    const definition = read(name);
    if (definition === undefined) {
      forget(name);
      return;
    }
    if (definition.metadata.deletionTimestamp !== undefined) return terminate(definition);
    const status = await finishInTurns(decideStatus(definition, reader.list(crd, ""), clock.now()), tasks.turn);
    const decided: CustomResourceDefinition = { ...definition, status };
    // What is said to be established is served already.
    if (isDefinitionCondition(decided, "Established")) await serve(decided);
    if (status === definition.status) return;
    await writer.updateStatus(crd, decided);
    if (!sameJson(status.acceptedNames, definition.status.acceptedNames)) enqueueGroup(definition);
  };

  /** The others of a group may get names that have become free. */
  const enqueueGroup = ({ metadata, spec }: CustomResourceDefinition): void => {
    for (const other of reader.list(crd, ""))
      if (other.spec.group === spec.group && other.metadata.name !== metadata.name) enqueue(other.metadata.name);
  };

  const serve = async (definition: CustomResourceDefinition): Promise<void> => {
    const { name } = definition.metadata;
    const madeFrom = sourceOf(definition);
    const before = serving.get(name);
    if (before !== undefined && sameJson(before.madeFrom, madeFrom)) return;
    const stored = storedKindOf(definition) as unknown as Kind;
    const cache = await watchCache.add(stored);
    const kinds = customKinds(definition, options.conversion?.(definition));
    const follow =
      before?.following ??
      cache.onChange(() => {
        if (cache.size === 0 && read(name)?.metadata.deletionTimestamp !== undefined) enqueue(name);
      });
    serving.set(name, { kinds, stored, cache, madeFrom, following: follow });
    catalog.serve(name, kinds);
    // Watches show objects as they were declared; their clients watch again from where they were.
    if (before !== undefined) cache.endWatches();
  };

  const forget = (name: string): void => {
    const before = serving.get(name);
    if (before === undefined) return;
    serving.delete(name);
    before.following[Symbol.dispose]();
    catalog.serve(name, []);
    watchCache.remove(before.stored);
  };

  const terminate = async (definition: CustomResourceDefinition): Promise<void> => {
    const { finalizers = [] } = definition.metadata;
    if (!finalizers.includes(cleanupFinalizer)) return;
    const now = formatTime(clock.now());
    const isEstablished = isDefinitionCondition(definition, "Established");
    if (isEstablished) {
      await serve(definition);
      if (!(await deleteObjects(definition, now))) return;
    }
    const done = isEstablished
      ? { reason: "InstanceDeletionCompleted", message: "removed all instances" }
      : { reason: "NeverEstablished", message: "resource was never established" };
    const current = read(definition.metadata.name) ?? definition;
    await writer.updateStatus(crd, {
      ...current,
      metadata: { ...current.metadata, finalizers: (current.metadata.finalizers ?? []).filter((each) => each !== cleanupFinalizer) },
      status: withCondition(current.status, { type: "Terminating", status: "False", ...done }, now),
    });
  };

  /** Deletes the objects that are there; whether none is left. Those with finalizers go later: the cache tells. */
  const deleteObjects = async (definition: CustomResourceDefinition, now: string): Promise<boolean> => {
    const { cache, kinds, stored } = serving.get(definition.metadata.name)!;
    const remaining = [...cache.candidates({ namespace: "", name: "" })];
    if (remaining.length === 0) return true;
    const condition = {
      type: "Terminating",
      status: "True",
      reason: "InstanceDeletionInProgress",
      message: "CustomResource deletion is in progress",
    };
    const { reason } = definition.status.conditions?.find(({ type }) => type === "Terminating") ?? {};
    if (reason !== condition.reason)
      await writer.updateStatus(crd, { ...definition, status: withCondition(definition.status, condition, now) });
    const kind = kinds[0] ?? stored;
    for (let start = 0; start < remaining.length; start += deletionsAtOnce) {
      await Promise.all(
        remaining.slice(start, start + deletionsAtOnce).map(async ({ object: { metadata } }) => {
          if (metadata.deletionTimestamp === undefined) await options.deleteObject(kind, metadata.namespace ?? "", metadata.name);
        }),
      );
    }
    return cache.size === 0;
  };

  return {
    async start() {
      const definitions = reader.list(crd, "");
      await Promise.all(definitions.filter((definition) => isDefinitionCondition(definition, "Established")).map(serve));
      const cache = watchCache.of(crd as unknown as Kind);
      following = cache.onChange((key) => {
        const name = key.slice(cache.prefix.length);
        const definition = read(name);
        // A definition that goes frees its names.
        if (definition === undefined) {
          const group = name.slice(name.indexOf(".") + 1);
          for (const other of reader.list(crd, "")) if (other.spec.group === group) enqueue(other.metadata.name);
        }
        enqueue(name);
      });
      for (const { metadata } of definitions) enqueue(metadata.name);
    },
    stop() {
      isStopped = true;
      following?.[Symbol.dispose]();
    },
  };
}

/** All of a definition on which it depends what is served. */
function sourceOf({ metadata, spec, status }: CustomResourceDefinition): unknown {
  return [metadata.uid, metadata.generation, metadata.deletionTimestamp !== undefined, status.acceptedNames, spec.scope];
}
