import type { Container, Pod } from "@kubets/api";
import type { Labels } from "@kubets/container-runtime";

/** The labels by which sandboxes and containers are told apart, and found again after a restart of the kubelet. */
export const podNameLabel = "io.kubernetes.pod.name";
export const podNamespaceLabel = "io.kubernetes.pod.namespace";
export const podUidLabel = "io.kubernetes.pod.uid";
export const containerNameLabel = "io.kubernetes.container.name";
export const restartCountAnnotation = "io.kubernetes.container.restartCount";

export function podLabels({ metadata }: Pod): Labels {
  return { [podNameLabel]: metadata.name, [podNamespaceLabel]: metadata.namespace ?? "", [podUidLabel]: metadata.uid };
}

export function containerAnnotations(pod: Pod, container: Container, attempt: number): Labels {
  return {
    [restartCountAnnotation]: String(attempt),
    "io.kubernetes.container.terminationMessagePath": container.terminationMessagePath,
    "io.kubernetes.container.terminationMessagePolicy": container.terminationMessagePolicy,
    "io.kubernetes.pod.terminationGracePeriod": String(pod.spec.terminationGracePeriodSeconds),
    ...(container.ports === undefined ? {} : { "io.kubernetes.container.ports": JSON.stringify(container.ports) }),
  };
}
