import type { Container, PodSpec, Volume, VolumeMount } from "@kubets/api";
import { fnv1a, nameSuffix, seededRandom } from "@kubets/machinery";

/** Where programs in Pods look for their credentials. */
export const apiAccessPath = "/var/run/secrets/kubernetes.io/serviceaccount";

const volumePrefix = "kube-api-access-";
// An hour and seven seconds: by that number the issuer knows a token that nobody asked for explicitly.
const expirationSeconds = 3607;

/** Mounts a token, the cluster's CA and the namespace into every container that has nothing at that path yet. */
export function mountApiAccess(spec: PodSpec): PodSpec {
  const { volumes = [], initContainers = [], containers, serviceAccountName = "" } = spec;
  const present = volumes.find(({ name }) => name.startsWith(volumePrefix));
  const name = present?.name ?? freeName(volumes, serviceAccountName);
  const mounted = {
    initContainers: initContainers.map((each) => mount(each, name)),
    containers: containers.map((each) => mount(each, name)),
  };
  const unchanged = same(mounted.initContainers, initContainers) && same(mounted.containers, containers);
  if (unchanged) return spec;
  return {
    ...spec,
    volumes: present === undefined ? [...volumes, apiAccessVolume(name)] : volumes,
    ...(initContainers.length === 0 ? {} : { initContainers: mounted.initContainers }),
    containers: mounted.containers,
  };
}

/** The same for all Pods of an account, so that those of one template go on having one spec. */
function freeName(volumes: readonly Volume[], account: string): string {
  const random = seededRandom(fnv1a(account));
  for (;;) {
    const name = `${volumePrefix}${nameSuffix(random)}`;
    if (!volumes.some((volume) => volume.name === name)) return name;
  }
}

function mount(container: Container, volume: string): Container {
  const { volumeMounts = [] } = container;
  if (volumeMounts.some(({ mountPath }) => mountPath === apiAccessPath)) return container;
  const added: VolumeMount = { name: volume, readOnly: true, mountPath: apiAccessPath };
  return { ...container, volumeMounts: [...volumeMounts, added] };
}

function same<Item>(a: readonly Item[], b: readonly Item[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function apiAccessVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { expirationSeconds, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] } },
      ],
    },
  };
}
