import { type FieldError, forbidden, invalid, sameJson } from "@kubets/machinery";
import type { ResourceList, ResourceRequirements } from "../shared/resource-requirements.ts";
import type { Container } from "./container.ts";
import type { Pod } from "./pod.ts";
import { podQosClass } from "./qos.ts";
import { isSidecar } from "./sidecars.ts";
import { isMirrorPod } from "./validation/annotations.ts";

/** For the subresource `resize`: the previous Pod with the container resources and resize policies that are asked for. */
export function withResourcesOf(pod: Pod, previous: Pod): Pod {
  const { initContainers } = previous.spec;
  return {
    ...pod,
    spec: {
      ...previous.spec,
      ...(initContainers === undefined ? {} : { initContainers: resized(pod.spec.initContainers ?? [], initContainers) }),
      containers: resized(pod.spec.containers, previous.spec.containers),
    },
    status: previous.status,
  };
}

/** Containers that are added, removed, renamed or put in another order are left to validation, which refuses them. */
function resized(containers: readonly Container[], previous: readonly Container[]): readonly Container[] {
  if (containers.length !== previous.length || containers.some(({ name }, index) => name !== previous[index]!.name)) return containers;
  return previous.map((container, index) => {
    const { resizePolicy: _, ...old } = container;
    const { resources, resizePolicy } = containers[index]!;
    return { ...old, resources, ...(resizePolicy === undefined ? {} : { resizePolicy }) };
  });
}

/** Besides what holds for every Pod: cpu and memory of containers and sidecars may change, as long as the quality of service stays. */
export function validatePodResize(pod: Pod, previous: Pod): readonly FieldError[] {
  const refusal = refusalOf(pod, previous);
  if (refusal !== undefined) return [forbidden("", refusal)];
  const { initContainers: before = [] } = previous.spec;
  const { initContainers = [], containers } = pod.spec;
  if (containers.length !== previous.spec.containers.length || initContainers.length !== before.length) {
    return [forbidden("spec", "only cpu and memory resources are mutable")];
  }
  return [
    ...((previous.status.qosClass ?? podQosClass(previous)) === podQosClass(pod)
      ? []
      : [invalid("spec", pod.status.qosClass ?? "", "Pod QOS Class may not change as a result of resizing")]),
    ...(canResizeInPlace(previous) ? [] : [forbidden("spec", "Pod running on node without support for resize")]),
    ...initContainers.flatMap((container, index) =>
      isSidecar(container)
        ? validateContainer(
            container,
            `spec.initContainers[${index}]`,
            before[index]!,
            "cpu and memory resources for sidecar containers are",
          )
        : validateSettled(container, before[index]!),
    ),
    ...containers.flatMap((container, index) =>
      validateContainer(container, `spec.containers[${index}]`, previous.spec.containers[index]!, "cpu and memory resources are"),
    ),
  ];
}

function refusalOf(pod: Pod, previous: Pod): string | undefined {
  if (hasPodResources(previous) || hasPodResources(pod)) return "pods with pod-level resources cannot be resized";
  if (isMirrorPod(previous.metadata)) return "static pods cannot be resized";
  return previous.spec.os?.name === "windows" ? "windows pods cannot be resized" : undefined;
}

function hasPodResources({ spec }: Pod): boolean {
  const { requests = {}, limits = {} } = spec.resources ?? {};
  return Object.keys(requests).length + Object.keys(limits).length > 0;
}

/** A node that can resize reports the resources of what it runs. */
function canResizeInPlace({ status }: Pod): boolean {
  const running = (status.containerStatuses ?? []).find(({ state }) => state.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function validateSettled(container: Container, before: Container): readonly FieldError[] {
  return sameJson(container, before) ? [] : [forbidden("spec", "resources for non-sidecar init containers are immutable")];
}

function validateContainer(container: Container, field: string, before: Container, mutable: string): readonly FieldError[] {
  const { resizePolicy: _, resources, ...rest } = container;
  const { resizePolicy: __, resources: oldResources, ...oldRest } = before;
  const onlyResized = sameJson(rest, oldRest) && sameJson(withoutResizable(resources), withoutResizable(oldResources));
  return [
    ...(isRemoved(resources.requests, oldResources.requests)
      ? [forbidden(`${field}.resources.requests`, "resource requests cannot be removed")]
      : []),
    ...(isRemoved(resources.limits, oldResources.limits)
      ? [forbidden(`${field}.resources.limits`, "resource limits cannot be removed")]
      : []),
    ...(onlyResized ? [] : [forbidden("spec", `only ${mutable} mutable`)]),
  ];
}

function isRemoved(list: ResourceList = {}, before: ResourceList = {}): boolean {
  return Object.keys(before).some((name) => list[name] === undefined);
}

function withoutResizable({ limits = {}, requests = {}, claims }: ResourceRequirements): unknown {
  const fixed = (list: ResourceList): unknown => Object.entries(list).filter(([name]) => name !== "cpu" && name !== "memory");
  return { limits: fixed(limits), requests: fixed(requests), claims };
}
