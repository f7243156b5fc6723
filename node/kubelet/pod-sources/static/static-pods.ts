import type { Node, Pod } from "@kubets/api";
import type { Client, Informer } from "@kubets/client";
import type { Clock, Logger, Tasks } from "@kubets/machinery";
import { nothingRuns, type RuntimePod } from "../../pod-worker/adopt.ts";
import { type PodWorkers, withStatusOf } from "../../pod-worker/pod-workers.ts";
import { repeat } from "../../repeat.ts";
import type { Files } from "../../system.ts";
import { isMirror, staticPodOf } from "./manifest.ts";
import { createMirrors } from "./mirrors.ts";

export interface StaticPodsOptions {
  /** Holds a manifest of a Pod in each file; names that begin with a dot are left out. */
  readonly directory: string;
  readonly files: Files;
  readonly client: Client;
  readonly pods: Informer<Pod>;
  readonly node: () => Node | undefined;
  readonly nodeName: string;
  readonly workers: PodWorkers;
  /** What runs already, by uid. */
  readonly running: ReadonlyMap<string, RuntimePod>;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Pods that the node has from manifests of its own. */
export interface StaticPods extends Disposable {
  /** Of those that are meant to run, by the first reading at the latest. */
  readonly uids: ReadonlySet<string>;
  /** Where the status of a Pod is to be written: at its mirror, or, of a Pod of the API, at itself. `undefined`: nowhere yet. */
  shownAs(pod: Pod): Pod | undefined;
}

/** Besides being told of changes: not every filesystem tells. */
const interval = 20_000;

/** Runs what stands in the directory, and shows it in the API. Resolves after the first reading. */
export async function startStaticPods(options: StaticPodsOptions): Promise<StaticPods> {
  const { directory, files, pods, nodeName, workers, running, clock, tasks, logger, signal } = options;
  /** By `NAMESPACE/NAME`: what is meant to run, and what does, of this manifest or of the one before. */
  let wanted = new Map<string, Pod>();
  const active = new Map<string, Pod>();
  /** The last good Pod of each file: a slip of the pen ends nothing. */
  const read = new Map<string, Pod>();
  const mirrors = createMirrors({ ...options, wanted: (key) => wanted.get(key) });

  /** With the status that the API shows, which is what new ones follow from. */
  const withStatus = (pod: Pod): Pod => {
    const mirror = mirrors.of(pod);
    if (mirror === undefined) return pod;
    return withStatusOf(pod, mirror);
  };
  const follow = (key: string): void => {
    const want = wanted.get(key);
    const runs = active.get(key);
    if (runs === undefined) {
      if (want === undefined) return;
      const { uid } = want.metadata;
      active.set(key, want);
      workers.observe(withStatus(want), running.get(uid) ?? nothingRuns);
      const watching = workers.onChange(uid, (state) => {
        if (state !== undefined) return;
        watching[Symbol.dispose]();
        active.delete(key);
        follow(key);
      });
    } else if (want?.metadata.uid !== runs.metadata.uid) {
      // The next one begins when nothing is left of this one.
      workers.gone(runs.metadata.uid);
    }
  };
  const readAll = async (): Promise<void> => {
    const names = (await files.list(directory)).filter((name) => !name.startsWith("."));
    for (const name of [...read.keys()]) if (!names.includes(name)) read.delete(name);
    for (const name of names) {
      const path = `${directory}/${name}`;
      try {
        const manifest = await files.read(path);
        if (manifest === undefined) continue;
        const pod = staticPodOf(manifest, { path, nodeName, now: clock.now() });
        // That it was seen again is no change.
        if (read.get(name)?.metadata.uid !== pod.metadata.uid) read.set(name, pod);
      } catch (error) {
        logger.warn("Manifest of a static Pod not taken", { path, error });
      }
    }
    const before = [...wanted.keys()];
    wanted = new Map([...read.values()].map((pod) => [keyOf(pod), pod]));
    const mirrored = pods.list().filter(isMirror).map(keyOf);
    for (const key of new Set([...before, ...wanted.keys(), ...active.keys(), ...mirrored])) {
      follow(key);
      mirrors.sync(key);
    }
  };

  await files.makeDirectory(directory, { mode: 0o755 });
  await readAll();
  const again = (): Promise<void> => readAll().catch((error: unknown) => logger.warn("Static Pods not read", { directory, error }));
  const watching = files.watch(directory, () => tasks.start("kubelet static pods", again));
  repeat(again, { name: "kubelet static pods", failure: "Static Pods not read", interval, clock, tasks, logger, signal });
  const subscription = pods.onChange(({ key, object, previous }) => {
    if (!wanted.has(key) && !(object !== undefined && isMirror(object)) && !(previous !== undefined && isMirror(previous))) return;
    mirrors.sync(key);
    const pod = active.get(key);
    if (pod !== undefined && wanted.get(key) === pod && mirrors.of(pod) !== undefined) workers.observe(withStatus(pod));
  });
  return {
    get uids() {
      return new Set([...wanted.values()].map(({ metadata }) => metadata.uid));
    },
    shownAs(pod) {
      const isStatic = active.get(keyOf(pod))?.metadata.uid === pod.metadata.uid;
      return isStatic ? mirrors.of(pod) : pod;
    },
    [Symbol.dispose]() {
      watching[Symbol.dispose]();
      subscription[Symbol.dispose]();
    },
  };
}

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}
