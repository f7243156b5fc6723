import type { Kind, KubernetesObject } from "@kubets/machinery";
import type { Revision, Store } from "@kubets/store";
import { causeOf, keyOf, reasonOf, revisionOf, writerOf, writesSince } from "./recent-writes.ts";

/** A cluster right after one write. */
export interface RevisionView {
  readonly revision: number;
  /** What was written, such as `pods/default/web`. */
  readonly key: string;
  /** As it is now; absent when it was deleted. */
  readonly object?: KubernetesObject;
  /** As it was before; absent when it was created. */
  readonly previous?: KubernetesObject;
  /** Who wrote it: a part of the cluster, an operator, or else the user. */
  readonly by: string;
  /** Everything of a kind, as it was at this revision, in the order of creation. */
  objects<T extends KubernetesObject>(kind: Kind<T>): readonly T[];
}

const prefix = "/registry/";
const decoder = new TextDecoder();

/** Goes through everything that was written to a store since its beginning, and still is in its history. */
export async function* everyRevision(store: Store): AsyncGenerator<RevisionView> {
  const present = new Map<string, KubernetesObject>();
  for (const event of await writesSince(store, prefix, 0 as Revision)) {
    const key = keyOf(event);
    const previous = present.get(key);
    const object = event.type === "put" ? (JSON.parse(decoder.decode(event.entry.value)) as KubernetesObject) : undefined;
    if (object === undefined) present.delete(key);
    else present.set(key, object);
    yield {
      revision: revisionOf(event),
      key: key.slice(prefix.length),
      ...(object === undefined ? {} : { object }),
      ...(previous === undefined ? {} : { previous }),
      by: writerOf(causeOf(event)),
      objects: <T extends KubernetesObject>({ group, resource }: Kind<T>) => {
        const own = `${prefix}${resource}${group === "" ? "" : `.${group}`}/`;
        return [...present].filter(([each]) => each.startsWith(own)).map(([, value]) => value as T);
      },
    };
  }
}

/** Everything that was written, a line each, but for Leases and Events, which tell of nothing that was decided. */
export async function historyLines(store: Store): Promise<readonly string[]> {
  const known = new Set<string>();
  const lines: string[] = [];
  for (const event of await writesSince(store, prefix, 0 as Revision)) {
    const key = keyOf(event);
    const verb = event.type !== "put" ? "deletes" : known.has(key) ? "changes" : "creates";
    if (event.type === "put") known.add(key);
    else known.delete(key);
    if (/^\/registry\/(leases\.coordination\.k8s\.io|events|events\.events\.k8s\.io)\//.test(key)) continue;
    const cause = causeOf(event);
    const because = reasonOf(cause);
    lines.push(
      `${revisionOf(event)}: ${writerOf(cause)} ${verb} ${key.slice(prefix.length)}${because === undefined ? "" : ` because of ${because}`}`,
    );
  }
  return lines;
}
