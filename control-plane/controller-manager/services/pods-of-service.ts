import { type Pod, PodKind, type Service, type ServicePort, ServiceKind, isPodTerminal, isSidecar } from "@kubets/api";
import { type Caches, objectKey } from "@kubets/client";
import { selectorMatches } from "@kubets/machinery";

/** Whether a Service's selector picks a Pod. A Service without a selector has endpoints that somebody else writes. */
export function selectsPod({ spec }: Service, pod: Pod): boolean {
  return (
    spec.selector !== undefined && spec.type !== "ExternalName" && selectorMatches({ matchLabels: spec.selector }, pod.metadata.labels)
  );
}

/** The keys of the Services that a Pod belongs to: what a change of the Pod touches. */
export function servicesOf(pod: Pod, caches: Caches): readonly string[] {
  const services = caches.of(ServiceKind).list({ namespace: pod.metadata.namespace ?? "" });
  return services.filter((service) => selectsPod(service, pod)).map(objectKey);
}

/** The Pods that a Service leads to, also those that are not ready or on their way out; not those that have ended or have no address yet. */
export function podsOf(service: Service, caches: Caches): readonly Pod[] {
  const pods = caches.of(PodKind).list({ namespace: service.metadata.namespace ?? "" });
  return pods.filter((pod) => selectsPod(service, pod) && !isPodTerminal(pod) && (pod.status.podIP ?? "") !== "");
}

/**
 * The number behind a Service's port on one Pod: as it is, or that of the container port of the name; `undefined` when the Pod has no
 * port of that name.
 */
export function targetPortOf({ targetPort, port, protocol }: ServicePort, pod: Pod): number | undefined {
  if (typeof targetPort !== "string") return targetPort ?? port;
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)];
  const named = containers.flatMap(({ ports }) => ports ?? []).find((each) => each.name === targetPort && each.protocol === protocol);
  return named?.containerPort;
}
