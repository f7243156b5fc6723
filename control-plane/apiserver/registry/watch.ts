import { expired, type Random, type Tasks } from "@kubets/machinery";
import { type ListOptions, parseResourceVersion } from "../request/query.ts";
import { bookmarkOf } from "../watch-cache/watch-cache.ts";
import { type Delivery, type Selection, Watcher } from "../watch-cache/watcher.ts";
import { type ReadEnvironment, upTo } from "./read.ts";
import type { Resource } from "./resource.ts";

export interface WatchEnvironment extends ReadEnvironment {
  readonly tasks: Tasks;
  readonly random: Random;
}

/** Marks the bookmark that ends the initial events of a watch. */
export const initialEventsEnd = "k8s.io/initial-events-end";

// Upstream's `--min-request-timeout`: without a wish of the client a watch lasts between this and twice as long.
const minimumSeconds = 1800;

/** How long a watch lasts. */
export function watchMilliseconds({ timeoutSeconds }: ListOptions, random: Random): number {
  const seconds = timeoutSeconds === undefined || timeoutSeconds <= 0 ? minimumSeconds * (1 + random.fraction()) : timeoutSeconds;
  return seconds * 1000;
}

/**
 * Begins a watch. Without a resourceVersion, with `"0"` or with `sendInitialEvents` it begins with the present objects as ADDED;
 * with a resourceVersion, right after it. Throws `Expired` when what happened since is no longer known.
 */
export async function beginWatch(
  environment: WatchEnvironment,
  resource: Resource,
  selection: Selection,
  { options, inProcess }: { readonly options: ListOptions; readonly inProcess: boolean },
): Promise<Watcher> {
  const { watchCache, tasks } = environment;
  const { cache, kind } = resource;
  const fromNow = options.resourceVersion === "" || options.resourceVersion === "0";
  // Before there were initial events on request, a watch without a revision had them always.
  const withInitial = options.sendInitialEvents ?? fromNow;
  if (fromNow || options.sendInitialEvents === true) await upTo(environment, options.resourceVersion);
  const start = withInitial || fromNow ? watchCache.revision : parseResourceVersion(options.resourceVersion);
  if (start < cache.oldest) throw expired(`too old resource version: ${start} (${cache.oldest})`);
  const endsInitial = options.sendInitialEvents === true && options.allowWatchBookmarks;
  const initialEnd: Delivery = { type: "BOOKMARK", object: bookmarkOf(kind, start, { [initialEventsEnd]: "true" }) };
  const watcher = new Watcher({
    selection,
    after: start,
    initial: withInitial ? [...cache.candidates(selection)] : [],
    afterInitial: withInitial && endsInitial ? initialEnd : undefined,
    // Nothing is between the server and a reader in its own process that could lose a watch which is silent.
    bookmarks: !options.allowWatchBookmarks ? "never" : inProcess ? "if needed" : "regularly",
    tasks,
    onClose: (closed) => cache.remove(closed),
  });
  cache.add(watcher, start);
  return watcher;
}
