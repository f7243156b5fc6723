import type { Pod } from "@kubets/api";
import type { PodSandboxConfig, PortMapping } from "@kubets/container-runtime";
import { podCgroup } from "../cgroups/resources.ts";
import { type Layout, podLogDirectory } from "../layout.ts";
import { podLabels } from "./labels.ts";
import { hostnameOf, type ResolverSettings, resolverSettings } from "./name-resolution.ts";
import { groupsOf, namespacesOf, seccompOf } from "./security.ts";

export interface SandboxSurroundings {
  readonly layout: Layout;
  readonly cgroupRoot: string;
  readonly clusterDomain: string;
  readonly clusterDns: readonly string[];
  readonly resolver: ResolverSettings;
}

/** The Pod's sandbox as the runtime is asked for it. */
export function sandboxConfig(pod: Pod, attempt: number, surroundings: SandboxSurroundings): PodSandboxConfig {
  const { layout, cgroupRoot, clusterDomain, clusterDns, resolver } = surroundings;
  const { metadata, spec } = pod;
  const { securityContext: security } = spec;
  const { hostname, domain } = hostnameOf(pod, clusterDomain);
  const full = spec.setHostnameAsFQDN === true && domain !== undefined ? `${hostname}.${domain}` : hostname;
  const seccomp = seccompOf(security.seccompProfile, layout);
  return {
    metadata: { name: metadata.name, uid: metadata.uid, namespace: metadata.namespace ?? "", attempt },
    // A Pod in the node's network has the node's name; to name it otherwise is refused.
    ...(spec.hostNetwork === true ? {} : { hostname: full }),
    logDirectory: podLogDirectory(layout, pod),
    dns: resolverSettings(pod, { node: resolver, clusterDns, clusterDomain }),
    portMappings: spec.hostNetwork === true ? [] : portMappings(pod),
    labels: { ...metadata.labels, ...podLabels(pod) },
    annotations: { "kubernetes.io/config.source": "api", ...metadata.annotations },
    cgroupParent: podCgroup(cgroupRoot, pod),
    ...(security.sysctls === undefined ? {} : { sysctls: Object.fromEntries(security.sysctls.map(({ name, value }) => [name, value])) }),
    security: {
      namespaces: namespacesOf(pod),
      privileged: [...(spec.initContainers ?? []), ...spec.containers].some(({ securityContext }) => securityContext?.privileged === true),
      ...(security.runAsUser === undefined ? {} : { runAsUser: security.runAsUser }),
      ...(security.runAsUser === undefined || security.runAsGroup === undefined ? {} : { runAsGroup: security.runAsGroup }),
      supplementalGroups: groupsOf(pod),
      ...(seccomp === undefined ? {} : { seccomp }),
    },
  };
}

function portMappings({ spec }: Pod): readonly PortMapping[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...sidecars, ...spec.containers]
    .flatMap(({ ports = [] }) => ports)
    .filter(({ hostPort = 0 }) => hostPort > 0)
    .map(({ protocol, containerPort, hostPort = 0, hostIP }) => ({
      protocol,
      containerPort,
      hostPort,
      ...(hostIP === undefined ? {} : { hostIP }),
    }));
}
