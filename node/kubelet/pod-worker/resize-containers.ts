import type { Container, Pod, ResourceRequirements } from "@kubets/api";
import type { ContainerId, RuntimeService } from "@kubets/container-runtime";
import { containerResources, podCgroup, podCgroupLimits, widest } from "../cgroups/resources.ts";
import type { CgroupTree } from "../system.ts";

export interface ResizedContainer {
  readonly container: Container;
  readonly id: ContainerId;
  readonly before: ResourceRequirements;
}

export interface ResizeSurroundings {
  readonly runtime: Pick<RuntimeService, "updateContainerResources">;
  readonly cgroups: CgroupTree;
  readonly cgroupRoot: string;
  readonly machineMemory: number;
}

/** Gives running containers, and the control group around them, the resources that their Pod says. */
export async function resizeContainers(
  pod: Pod,
  containers: readonly ResizedContainer[],
  { runtime, cgroups, cgroupRoot, machineMemory }: ResizeSurroundings,
  signal: AbortSignal,
): Promise<void> {
  const path = podCgroup(cgroupRoot, pod);
  const [before, after] = [podCgroupLimits(withResources(pod, containers)), podCgroupLimits(withResources(pod, []))];
  // What contains others is never narrower than they are.
  await cgroups.make(path, widest(before, after));
  for (const { container, id } of containers)
    await runtime.updateContainerResources(id, containerResources(pod, container, machineMemory), { signal });
  await cgroups.make(path, after);
}

/** The Pod as if these containers had the resources of before, and nothing else were in force. */
function withResources(pod: Pod, containers: readonly ResizedContainer[]): Pod {
  const before = new Map(containers.map(({ container, before: resources }) => [container.name, resources]));
  const given = (container: Container): Container => ({ ...container, resources: before.get(container.name) ?? container.resources });
  const { initContainers } = pod.spec;
  const spec = {
    ...pod.spec,
    containers: pod.spec.containers.map(given),
    ...(initContainers === undefined ? {} : { initContainers: initContainers.map(given) }),
  };
  const { containerStatuses: _, initContainerStatuses: __, ...status } = pod.status;
  return { ...pod, spec, status };
}
