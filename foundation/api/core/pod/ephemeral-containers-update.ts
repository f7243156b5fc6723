import { type FieldError, forbidden, sameJson } from "@kubets/machinery";
import type { Pod } from "./pod.ts";
import { isMirrorPod, validatePodAnnotationsUpdate } from "./validation/annotations.ts";
import { differences } from "./validation/differences.ts";

/** For the subresource `ephemeralcontainers`: the previous Pod with the ephemeral containers, labels and annotations that are asked for. */
export function withEphemeralContainersOf(pod: Pod, previous: Pod): Pod {
  const { ephemeralContainers: _, ...spec } = previous.spec;
  const { ephemeralContainers } = pod.spec;
  return { ...pod, spec: { ...spec, ...(ephemeralContainers === undefined ? {} : { ephemeralContainers }) }, status: previous.status };
}

/** Besides what holds for every Pod: ephemeral containers are only ever added. */
export function validateEphemeralContainersUpdate(pod: Pod, previous: Pod): readonly FieldError[] {
  if (isMirrorPod(previous.metadata)) return [forbidden("", "static pods do not support ephemeral containers")];
  const containers = new Map((pod.spec.ephemeralContainers ?? []).map((container) => [container.name, container]));
  return [
    ...validatePodAnnotationsUpdate(pod.metadata.annotations, "metadata.annotations", previous.metadata.annotations),
    ...(previous.spec.ephemeralContainers ?? []).flatMap((old) => {
      const container = containers.get(old.name);
      const name = JSON.stringify(old.name);
      if (container === undefined)
        return [forbidden("spec.ephemeralContainers", `existing ephemeral containers ${name} may not be removed\n`)];
      if (sameJson(container, old)) return [];
      const changes = differences(old.name, old, container).join("\n");
      return [forbidden("spec.ephemeralContainers", `existing ephemeral containers ${name} may not be changed\n${changes}`)];
    }),
  ];
}
