import { type Pod, PodKind, type Service, type ServicePort, ServiceKind, isPodTerminal, isSidecar } from "@kubets/api";
import { type Caches, type IndexFunction, objectKey } from "@kubets/client";
import { selectorMatches } from "@kubets/machinery";

/** Whether a Service's selector picks a Pod. A Service without a selector has endpoints that somebody else writes. */
export function selectsPod({ spec }: Service, pod: Pod): boolean {
  return (
    spec.selector !== undefined && spec.type !== "ExternalName" && selectorMatches({ matchLabels: spec.selector }, pod.metadata.labels)
  );
}

/** Index of Pods by each of their labels, and of Services by the first that they select: what belongs together is found without looking at all. */
export const podsByLabel: { readonly label: IndexFunction<Pod> } = {
  label: ({ metadata: { namespace, labels = {} } }) => Object.entries(labels).map((label) => labelKey(namespace, label)),
};
export const servicesBySelector: { readonly selects: IndexFunction<Service> } = {
  selects: ({ metadata: { namespace }, spec: { selector } }) =>
    selector === undefined ? [] : [labelKey(namespace, Object.entries(selector).toSorted(([a], [b]) => (a < b ? -1 : 1))[0])],
};

function labelKey(namespace: string | undefined, label: readonly [key: string, value: string] | undefined): string {
  return label === undefined ? `${namespace}/` : `${namespace}/${label[0]}=${label[1]}`;
}

/** The keys of the Services that a Pod belongs to: what a change of the Pod touches. Services must be indexed by {@link servicesBySelector}. */
export function servicesOf(pod: Pod, caches: Caches): readonly string[] {
  const { namespace, labels = {} } = pod.metadata;
  const services = caches.of(ServiceKind);
  const candidates = [undefined, ...Object.entries(labels)].flatMap((label) => services.byIndex("selects", labelKey(namespace, label)));
  return candidates.filter((service) => selectsPod(service, pod)).map(objectKey);
}

/**
 * The Pods that a Service leads to, also those that are not ready or on their way out; not those that have ended or have no address yet.
 * Pods must be indexed by {@link podsByLabel}.
 */
export function podsOf(service: Service, caches: Caches): readonly Pod[] {
  const { namespace } = service.metadata;
  const labels = Object.entries(service.spec.selector ?? {});
  const pods = caches.of(PodKind);
  const fewest = labels
    .map((label) => pods.byIndex("label", labelKey(namespace, label)))
    .reduce<readonly Pod[] | undefined>((best, each) => (best === undefined || each.length < best.length ? each : best), undefined);
  const candidates = fewest ?? pods.list(namespace === undefined ? {} : { namespace });
  return candidates.filter((pod) => selectsPod(service, pod) && !isPodTerminal(pod) && (pod.status.podIP ?? "") !== "");
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
