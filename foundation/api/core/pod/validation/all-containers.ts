import type { Container } from "../container.ts";
import type { PodSpec } from "../pod-spec.ts";

/** Every container of a Pod, of whichever kind, with the path of its field. */
export function allContainers(spec: PodSpec, field: string): readonly (readonly [field: string, container: Container])[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = spec;
  return [
    ...initContainers.map((container, index) => [`${field}.initContainers[${index}]`, container] as const),
    ...containers.map((container, index) => [`${field}.containers[${index}]`, container] as const),
    ...ephemeralContainers.map((container, index) => [`${field}.ephemeralContainers[${index}]`, container] as const),
  ];
}
