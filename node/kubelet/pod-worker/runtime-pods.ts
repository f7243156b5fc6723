import type { ContainerStatus, PodSandbox, PodSandboxStatus, RuntimeService } from "@kubets/container-runtime";
import { containerNameLabel, podUidLabel } from "../containers/labels.ts";
import type { RuntimePod } from "./adopt.ts";

/** What of Pods is in the runtime, by their uid. */
export async function runtimePods(runtime: RuntimeService, signal: AbortSignal): Promise<ReadonlyMap<string, RuntimePod>> {
  const [sandboxes, containers] = await Promise.all([runtime.listPodSandboxes({}, { signal }), runtime.listContainers({}, { signal })]);
  const statuses = await Promise.all(containers.map(({ id }) => runtime.containerStatus(id, { signal })));
  const details = await Promise.all(sandboxes.map((sandbox) => runtime.podSandboxStatus(sandbox.id, { signal })));
  const pods = new Map<string, { readonly sandboxes: PodSandboxStatus[]; readonly containers: Map<string, ContainerStatus[]> }>();
  const podOf = (uid: string): NonNullable<ReturnType<typeof pods.get>> => {
    const known = pods.get(uid) ?? { sandboxes: [], containers: new Map<string, ContainerStatus[]>() };
    pods.set(uid, known);
    return known;
  };
  for (const sandbox of details) if (sandbox !== undefined) podOf(uidOf(sandbox)).sandboxes.push(sandbox);
  for (const status of statuses) {
    const uid = status?.labels[podUidLabel];
    const name = status?.labels[containerNameLabel];
    if (status === undefined || uid === undefined || name === undefined) continue;
    const ofPod = podOf(uid).containers;
    ofPod.set(name, [...(ofPod.get(name) ?? []), status]);
  }
  return pods;
}

function uidOf({ labels, metadata }: PodSandbox): string {
  return labels[podUidLabel] ?? metadata.uid;
}
