import type { Pod } from "@kubets/api";

/** Where a kubelet keeps what it keeps. */
export interface Layout {
  /** Volumes, hosts files and termination messages of Pods. */
  readonly root: string;
  /** Logs of containers: a directory for each Pod. */
  readonly logs: string;
  /** Seccomp profiles that Pods may name. */
  readonly seccompProfiles: string;
}

export function podDirectory({ root }: Layout, uid: string): string {
  return `${root}/pods/${uid}`;
}

export function volumeDirectory(layout: Layout, uid: string, plugin: string, name: string): string {
  return `${podDirectory(layout, uid)}/volumes/kubernetes.io~${plugin}/${name}`;
}

export function hostsPath(layout: Layout, uid: string): string {
  return `${podDirectory(layout, uid)}/etc-hosts`;
}

/** Where a run of a container leaves its last words. */
export function terminationMessagePath(layout: Layout, uid: string, container: string, attempt: number): string {
  return `${podDirectory(layout, uid)}/containers/${container}/${attempt}`;
}

export function podLogDirectory({ logs }: Layout, { metadata }: Pod): string {
  return `${logs}/${metadata.namespace}_${metadata.name}_${metadata.uid}`;
}

/** Below the Pod's log directory. */
export function containerLogPath(container: string, attempt: number): string {
  return `${container}/${attempt}.log`;
}
