import { badRequest, type ListMeta, notFound, type Status, StatusError } from "@kubets/machinery";
import { isStoreError, type Revision, type Store } from "@kubets/store";
import type { RequestContext } from "../contracts.ts";
import { type ListOptions, parseResourceVersion } from "../request/query.ts";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import type { WatchCache } from "../watch-cache/watch-cache.ts";
import type { Selection } from "../watch-cache/watcher.ts";
import { decodeContinue, encodeContinue } from "./continue-token.ts";
import type { ObjectList } from "./list-answer.ts";
import type { Resource } from "./resource.ts";
import { statusOfStoreError } from "./store-errors.ts";

export interface ReadEnvironment {
  readonly store: Store;
  readonly watchCache: WatchCache;
  /** How the request waits for what is not the server's to bring about. */
  readonly idle: RequestContext["idle"];
}

// How long a read waits for a revision that the cache hasn't seen, before the client is told that it is from the future.
const longestWait = 3000;

/** The object of a key, not older than `resourceVersion`; not older than any acknowledged write when that is `""`. */
export async function readObject(
  environment: ReadEnvironment,
  resource: Resource,
  { namespace, name, resourceVersion }: { readonly namespace: string; readonly name: string; readonly resourceVersion: string },
): Promise<CachedObject> {
  await upTo(environment, resourceVersion);
  const object = resource.cache.get(resource.keyOf(namespace, name));
  if (object === undefined) throw notFound(resource.kind, name);
  await resource.prepare?.([object]);
  return resource.show(object);
}

/** Waits until the cache is as new as a read at this resourceVersion (`""`: the newest) must be. */
export async function upTo({ watchCache, idle }: Omit<ReadEnvironment, "store">, resourceVersion: string): Promise<void> {
  if (resourceVersion === "0") return;
  if (resourceVersion === "") return watchCache.current(idle);
  const revision = parseResourceVersion(resourceVersion);
  if (watchCache.revision >= revision) return;
  if (!(await idle(watchCache.reached(revision, longestWait)))) throw tooLarge(revision, watchCache.revision);
}

function tooLarge(wanted: number, current: number): StatusError {
  return new StatusError(504, "Timeout", `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    details: { retryAfterSeconds: 1, causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }] },
  });
}

/** The objects of a selection, a page of them when limited. */
export async function readList(
  environment: ReadEnvironment,
  resource: Resource,
  selection: Selection,
  options: ListOptions,
): Promise<ObjectList> {
  // Selectors that look at more than what all versions share look at the version that is served.
  if (selection.matches !== undefined) await resource.prepare?.([...resource.cache.candidates(selection)]);
  const page = await readPage(environment, resource, selection, options);
  await resource.prepare?.(page.objects);
  return { metadata: listMetaOf(page), objects: page.objects.map((object) => resource.show(object)) };
}

interface Page {
  readonly objects: readonly CachedObject[];
  readonly revision: number;
  /** The last key of the page, when there may be more after it, without what all keys of the list begin with. */
  readonly after?: string;
  /** How many there are after it; unknown when selectors have a say. */
  readonly remaining?: number;
}

function listMetaOf({ revision, after, remaining }: Page): ListMeta {
  return {
    resourceVersion: String(revision),
    ...(after === undefined ? {} : { continue: encodeContinue({ after, revision }) }),
    ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
  };
}

async function readPage(environment: ReadEnvironment, resource: Resource, selection: Selection, options: ListOptions): Promise<Page> {
  const { watchCache } = environment;
  const limit = options.limit > 0 ? options.limit : Infinity;
  if (options.continue !== "") {
    if (options.resourceVersion !== "" && options.resourceVersion !== "0") {
      throw badRequest("specifying resource version is not allowed when using continue");
    }
    const token = decodeContinue(options.continue);
    if (token.revision !== undefined)
      return readPageAt(environment, resource, { selection, limit, revision: token.revision, after: token.after, isContinued: true });
    await watchCache.current(environment.idle);
    return pageOfCache(environment, resource, { selection, limit, after: token.after });
  }
  // With a limit, a revision alone means exactly that one: pages must fit together.
  const isExact =
    options.resourceVersionMatch === "Exact" ||
    (options.resourceVersionMatch === "" && limit < Infinity && isRevision(options.resourceVersion));
  if (isExact) {
    await upTo(environment, options.resourceVersion);
    return readPageAt(environment, resource, {
      selection,
      limit,
      revision: parseResourceVersion(options.resourceVersion),
      isContinued: false,
    });
  }
  await upTo(environment, options.resourceVersion);
  return pageOfCache(environment, resource, { selection, limit });
}

function isRevision(resourceVersion: string): boolean {
  return resourceVersion !== "" && resourceVersion !== "0";
}

interface PageRequest {
  readonly selection: Selection;
  readonly limit: number;
  readonly after?: string;
}

function pageOfCache({ watchCache }: ReadEnvironment, { cache }: Resource, { selection, limit, after }: PageRequest): Page {
  const { matches } = selection;
  const prefix = cache.prefixOf(selection.namespace);
  const objects: CachedObject[] = [];
  // With selectors how many there are is unknown.
  const isCounted = matches === undefined && selection.name === "";
  let rest = 0;
  for (const object of cache.candidates(selection, after === undefined ? undefined : prefix + after)) {
    if (objects.length === limit) {
      // One that matches is enough to know that there is more.
      if (matches?.(object.object) === false) continue;
      rest = isCounted ? cache.countAfter(selection.namespace, objects.at(-1)!.key) : 1;
      break;
    }
    if (matches === undefined || matches(object.object)) objects.push(object);
  }
  return {
    objects,
    revision: watchCache.revision,
    ...(rest === 0 ? {} : { after: objects.at(-1)!.key.slice(prefix.length) }),
    ...(rest === 0 || !isCounted ? {} : { remaining: rest }),
  };
}

/** A page as it was at a revision: from the cache when nothing of the kind has changed since, from the store otherwise. */
async function readPageAt(
  environment: ReadEnvironment,
  resource: Resource,
  { selection, limit, revision, after, isContinued }: PageRequest & { readonly revision: number; readonly isContinued: boolean },
): Promise<Page> {
  const { cache } = resource;
  if (cache.lastChange <= revision && environment.watchCache.revision >= revision) {
    const page = pageOfCache(environment, resource, { selection, limit, ...(after === undefined ? {} : { after }) });
    return { ...page, revision };
  }
  const prefix = cache.prefixOf(selection.namespace);
  const objects: CachedObject[] = [];
  let from = after === undefined ? undefined : prefix + after;
  for (;;) {
    const page = await readStore(environment.store, { prefix, revision, from, limit, isContinued, resource });
    for (const [index, entry] of page.entries.entries()) {
      const object = cache.cached(entry.key, entry.value, entry.revision);
      if (selection.name !== "" && !entry.key.endsWith(`/${selection.name}`)) continue;
      if (selection.matches?.(object.object) === false) continue;
      objects.push(object);
      if (objects.length < limit) continue;
      const rest = page.entries.length - index - 1 + page.remaining;
      if (rest === 0) return { objects, revision };
      const counted = selection.matches === undefined && selection.name === "" ? { remaining: rest } : {};
      return { objects, revision, after: entry.key.slice(prefix.length), ...counted };
    }
    from = page.entries.at(-1)?.key;
    if (page.remaining === 0 || from === undefined) return { objects, revision };
  }
}

async function readStore(store: Store, { prefix, revision, from, limit, isContinued, resource }: StoreRead): ReturnType<Store["list"]> {
  try {
    return await store.list({
      prefix,
      revision: revision as Revision,
      ...(from === undefined ? {} : { after: from }),
      ...(limit === Infinity ? {} : { limit: Math.max(limit, 500) }),
    });
  } catch (error) {
    if (isStoreError(error, "Compacted") && isContinued && from !== undefined) throw new ContinueExpired(from.slice(prefix.length));
    throw statusOfStoreError(error, resource.kind, "");
  }
}

interface StoreRead {
  readonly prefix: string;
  readonly revision: number;
  readonly from: string | undefined;
  readonly limit: number;
  readonly isContinued: boolean;
  readonly resource: Resource;
}

/** The list can't be finished as it was; the client may take the rest as it is now, with the token in the answer. */
class ContinueExpired extends StatusError {
  readonly #token: string;

  constructor(after: string) {
    super(
      410,
      "Expired",
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, " +
        "or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - " +
        "objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    );
    this.#token = encodeContinue({ after, revision: undefined });
  }

  override get status(): Status {
    return { ...super.status, metadata: { continue: this.#token } };
  }
}
