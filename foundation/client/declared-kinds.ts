import type { Kind, KubernetesObject, Tasks } from "@kubets/machinery";
import type { Caches, DeclaredKinds, Watch } from "./controller.ts";
import type { Informer, Informers } from "./informer.ts";

export interface DeclaredKindsOptions {
  /** The informers that the controller reads, by group, version and resource. */
  readonly watched: Map<string, Informer<KubernetesObject>>;
  readonly informers: Informers;
  readonly tasks: Tasks;
  /** Has the controller told of the changes of a watch. */
  readonly subscribe: (watch: Watch) => Disposable;
  readonly caches: Caches;
  readonly enqueue: (key: string) => void;
}

interface Following {
  readonly kind: Kind;
  readonly subscription: Disposable;
}

/** Watches what objects declare, from when they declare it until they don't any more. */
export function followDeclared(
  { by, watches, known }: DeclaredKinds,
  { watched, informers, tasks, subscribe, caches, enqueue }: DeclaredKindsOptions,
): Disposable {
  const following = new Map<string, Map<string, Following>>();

  const begin = (watch: Watch): Following => {
    const informer = informers.of(watch.kind);
    for (const [name, index] of Object.entries(watch.indexes)) informer.addIndex(name, index);
    watched.set(idOf(watch.kind), informer);
    if (known !== undefined) {
      tasks.start("informer of a declared kind", async (task) => {
        const isSynced = await task.idle(informer.synced()).then(
          () => true,
          () => false,
        );
        if (isSynced) for (const key of known(watch.kind, caches)) enqueue(key);
      });
    }
    return { kind: watch.kind, subscription: subscribe(watch) };
  };
  const end = ({ kind, subscription }: Following): void => {
    subscription[Symbol.dispose]();
    watched.delete(idOf(kind));
    tasks.start("informer of a kind that is gone", () => informers.forget(kind));
  };

  const declared = informers.of(by).onChange(({ key, object }) => {
    const before = following.get(key) ?? new Map<string, Following>();
    const now = new Map((object === undefined ? [] : watches(object)).map((watch) => [idOf(watch.kind), watch]));
    for (const [id, each] of before) {
      if (now.has(id)) continue;
      before.delete(id);
      end(each);
    }
    for (const [id, watch] of now) if (!before.has(id)) before.set(id, begin(watch));
    if (before.size === 0) following.delete(key);
    else following.set(key, before);
  });
  return {
    [Symbol.dispose]() {
      declared[Symbol.dispose]();
      for (const each of following.values()) for (const { subscription } of each.values()) subscription[Symbol.dispose]();
    },
  };
}

function idOf({ group, version, resource }: Kind): string {
  return `${group}/${version}/${resource}`;
}
