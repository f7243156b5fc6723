import type { Pod } from "@kubets/api";

type ContainerReferences = readonly Pick<Pod["spec"]["containers"][number], "env" | "envFrom">[];

function containersOf({ spec }: Pod): ContainerReferences {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
}

/** The names of the Secrets that a Pod makes its kubelet read. */
export function* secretsOf(pod: Pod): Generator<string, void> {
  for (const name of mentionedSecrets(pod)) if (name !== undefined && name !== "") yield name;
}

function* mentionedSecrets(pod: Pod): Generator<string | undefined, void> {
  for (const { name } of pod.spec.imagePullSecrets ?? []) yield name;
  for (const { env, envFrom } of containersOf(pod)) {
    for (const source of envFrom ?? []) yield source.secretRef?.name;
    for (const variable of env ?? []) yield variable.valueFrom?.secretKeyRef?.name;
  }
  for (const volume of pod.spec.volumes ?? []) {
    yield volume.secret?.secretName;
    yield volume.csi?.nodePublishSecretRef?.name;
    for (const source of volume.projected?.sources ?? []) yield source.secret?.name;
    // The in-tree network volumes that still name a Secret.
    yield volume.azureFile?.secretName;
    yield volume.cephfs?.secretRef?.name;
    yield volume.cinder?.secretRef?.name;
    yield volume.flexVolume?.secretRef?.name;
    yield volume.iscsi?.secretRef?.name;
    yield volume.rbd?.secretRef?.name;
    yield volume.scaleIO?.secretRef?.name;
    yield volume.storageos?.secretRef?.name;
  }
}

/** The names of the ConfigMaps that a Pod makes its kubelet read. */
export function* configMapsOf(pod: Pod): Generator<string, void> {
  for (const name of mentionedConfigMaps(pod)) if (name !== undefined && name !== "") yield name;
}

function* mentionedConfigMaps(pod: Pod): Generator<string | undefined, void> {
  for (const { env, envFrom } of containersOf(pod)) {
    for (const source of envFrom ?? []) yield source.configMapRef?.name;
    for (const variable of env ?? []) yield variable.valueFrom?.configMapKeyRef?.name;
  }
  for (const volume of pod.spec.volumes ?? []) {
    yield volume.configMap?.name;
    for (const source of volume.projected?.sources ?? []) yield source.configMap?.name;
  }
}

/** The names of the claims that a Pod uses; that of an ephemeral volume is called after the Pod and the volume. */
export function* claimsOf(pod: Pod): Generator<string, void> {
  for (const { name, ephemeral, persistentVolumeClaim } of pod.spec.volumes ?? []) {
    if (ephemeral !== undefined) yield `${pod.metadata.name}-${name}`;
    else if (persistentVolumeClaim !== undefined) yield persistentVolumeClaim.claimName;
  }
}
