import type { ObjectKey } from "@kubets/client";
import type { PodInfo } from "./pod-info.ts";

/** Room that is kept on nodes for Pods for which others have to leave; only Pods of higher priority may take it. */
export class Nominations {
  readonly #byPod = new Map<ObjectKey, { readonly pod: PodInfo; readonly node: string }>();

  put(pod: PodInfo, node: string): void {
    this.#byPod.set(pod.key, { pod, node });
  }

  withdraw(pod: ObjectKey): void {
    this.#byPod.delete(pod);
  }

  /** The node on which room is kept for a Pod. */
  nodeOf(pod: ObjectKey): string | undefined {
    return this.#byPod.get(pod)?.node;
  }

  /** Whether room that is kept for others could stand in the way of `pod`. */
  concern(pod: PodInfo): boolean {
    if (this.#byPod.size === 0) return false;
    for (const { pod: other } of this.#byPod.values()) if (outranks(other, pod)) return true;
    return false;
  }

  /** The Pods for which room on a node is kept from `pod`. */
  on(node: string, pod: PodInfo): readonly PodInfo[] {
    return this.#pods((other, itsNode) => itsNode === node && outranks(other, pod));
  }

  /** The Pods of lower priority than `pod` that wait for room on the node that it waits for. */
  behind(pod: PodInfo): readonly PodInfo[] {
    const node = this.nodeOf(pod.key);
    return this.#pods((other, itsNode) => itsNode === node && other.priority < pod.priority);
  }

  #pods(matches: (pod: PodInfo, node: string) => boolean): readonly PodInfo[] {
    return [...this.#byPod.values()].filter(({ pod, node }) => matches(pod, node)).map(({ pod }) => pod);
  }
}

function outranks(other: PodInfo, pod: PodInfo): boolean {
  return other.key !== pod.key && other.priority >= pod.priority;
}
