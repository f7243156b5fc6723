import { isPodReady, type Pod } from "@kubets/api";
import type { RealCluster } from "./real-cluster.ts";

/** The Pods of a Deployment after one write to any of them. */
export interface RollStep {
  /** Those that aren't being deleted: what `maxSurge` bounds. */
  readonly kept: number;
  /** Of these the ready ones: what `maxUnavailable` bounds. */
  readonly ready: number;
  readonly images: readonly string[];
}

/** Pods with this selector as they are now, and every later state of theirs; none is missed, however fast they come. */
export interface WatchedRoll {
  /** Every step until now, what was there at first among them. */
  steps(): Promise<readonly RollStep[]>;
}

/**
 * Remembers the present revision. The steps after it are told by a watch from there, once all is over: polling would see some of them.
 */
export async function watchRoll(k: RealCluster["k"], labelSelector: string): Promise<WatchedRoll> {
  const path = `/api/v1/namespaces/default/pods?labelSelector=${encodeURIComponent(labelSelector)}`;
  const first = JSON.parse(await k("get", "--raw", path)) as PodList;
  return {
    async steps() {
      const { metadata } = JSON.parse(await k("get", "--raw", path)) as PodList;
      const events = await k("get", "--raw", `${path}&watch=1&timeoutSeconds=2&resourceVersion=${first.metadata.resourceVersion}`);
      const pods = new Map(first.items.map((pod) => [pod.metadata.name, pod]));
      const steps = [stepOf(pods)];
      for (const line of events.split("\n").filter((each) => each !== "")) {
        const { type, object } = JSON.parse(line) as PodEvent;
        if (Number(object.metadata.resourceVersion) > Number(metadata.resourceVersion)) break;
        if (type === "DELETED") pods.delete(object.metadata.name);
        else pods.set(object.metadata.name, object);
        steps.push(stepOf(pods));
      }
      return steps;
    },
  };
}

interface PodList {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Pod[];
}

interface PodEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: Pod;
}

function stepOf(pods: ReadonlyMap<string, Pod>): RollStep {
  const kept = [...pods.values()].filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return {
    kept: kept.length,
    ready: kept.filter(isPodReady).length,
    images: [...new Set(kept.map(({ spec }) => spec.containers[0]!.image!))].sort(),
  };
}
