import { type Pod, PodKind, type PodSpec, type ServiceAccount, ServiceAccountKind } from "@kubets/api";
import { type KubernetesObject, madeOnce } from "@kubets/machinery";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../../contracts.ts";
import { secretsOf } from "../pod-references.ts";
import { onceReady } from "../once-ready.ts";
import { isAbout, refusal } from "../refusal.ts";
import { mountApiAccess } from "./api-access.ts";

/** Marks a Pod that a kubelet made itself; the API only mirrors it. */
export const mirrorPodAnnotation = "kubernetes.io/config.mirror";

const defaultAccount = "default";

/**
 * Gives every Pod a service account that exists, what the account says about image pull secrets, and, unless it or the account
 * says otherwise, a volume with a token, the cluster's CA and the namespace in every container.
 */
export function serviceAccount(reader: ObjectReader): AdmissionPlugin {
  const whenReady = onceReady(reader, ServiceAccountKind);
  return {
    name: "ServiceAccount",
    mutate(attributes) {
      const { object } = attributes;
      if (!isCreateOfPod(attributes)) return object;
      const pod = object as Pod;
      if (isMirror(pod)) return pod;
      const name = pod.spec.serviceAccountName || defaultAccount;
      return whenReady(() => {
        const account = find(attributes, name, reader);
        return { ...pod, spec: specOf(pod.spec, name, wantsToken(pod, account), account.imagePullSecrets) };
      });
    },
    validate(attributes) {
      if (!isCreateOfPod(attributes)) return;
      const pod = attributes.object as Pod;
      if (isMirror(pod)) return validateMirror(attributes, pod);
      return whenReady(() =>
        validateMountableSecrets(attributes, pod, find(attributes, pod.spec.serviceAccountName || defaultAccount, reader)),
      );
    },
  };
}

/** The spec of a Pod of an account. Pods of one template share it. */
const specOf = madeOnce(
  (spec: PodSpec, account: string, wantsToken: boolean, pullSecrets: ServiceAccount["imagePullSecrets"] = []): PodSpec => {
    const withAccount = { ...spec, serviceAccountName: account, serviceAccount: account };
    const mounted = wantsToken ? mountApiAccess(withAccount) : withAccount;
    const hasOwnSecrets = (mounted.imagePullSecrets ?? []).length > 0;
    return hasOwnSecrets || pullSecrets.length === 0 ? mounted : { ...mounted, imagePullSecrets: pullSecrets };
  },
);

function isCreateOfPod(attributes: AdmissionAttributes): boolean {
  return attributes.operation === "CREATE" && isAbout(attributes, PodKind.group, PodKind.resource);
}

function isMirror({ metadata }: KubernetesObject): boolean {
  return metadata.annotations?.[mirrorPodAnnotation] !== undefined;
}

function find(attributes: AdmissionAttributes, name: string, reader: ObjectReader): ServiceAccount {
  const account = reader.get(ServiceAccountKind, attributes.namespace, name);
  if (account !== undefined) return account;
  throw refusal(
    attributes,
    `error looking up service account ${attributes.namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
  );
}

function wantsToken({ spec }: Pod, account: ServiceAccount): boolean {
  return spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

/** A mirror is there to be seen; it must not pull anything of the API onto the node. */
function validateMirror(attributes: AdmissionAttributes, pod: Pod): void {
  if ((pod.spec.serviceAccountName ?? "") !== "") throw refusal(attributes, "a mirror pod may not reference service accounts");
  if (!secretsOf(pod).next().done) throw refusal(attributes, "a mirror pod may not reference secrets");
  const projectsToken = (pod.spec.volumes ?? []).some(({ projected }) =>
    projected?.sources?.some((source) => source.serviceAccountToken !== undefined),
  );
  if (projectsToken) throw refusal(attributes, "a mirror pod may not use ServiceAccountToken volume projections");
}

/** Accounts that ask for it hold their Pods to the Secrets that they list. */
function validateMountableSecrets(attributes: AdmissionAttributes, pod: Pod, account: ServiceAccount): void {
  if (account.metadata.annotations?.["kubernetes.io/enforce-mountable-secrets"] !== "true") return;
  const mountable = new Set((account.secrets ?? []).map(({ name }) => name));
  const pullable = new Set((account.imagePullSecrets ?? []).map(({ name }) => name));
  const by = `service account ${account.metadata.name}`;
  for (const { secret } of pod.spec.volumes ?? []) {
    if (secret?.secretName === undefined || mountable.has(secret.secretName)) continue;
    throw refusal(
      attributes,
      `volume with secret.secretName="${secret.secretName}" is not allowed because ${by} does not reference that secret`,
    );
  }
  for (const { name, env, envFrom } of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    for (const { name: variable, valueFrom } of env ?? []) {
      const secret = valueFrom?.secretKeyRef?.name;
      if (secret === undefined || mountable.has(secret)) continue;
      throw refusal(
        attributes,
        `container ${name} with envVar ${variable} referencing secret.secretName="${secret}" is not allowed because ${by} does not reference that secret`,
      );
    }
    for (const { secretRef } of envFrom ?? []) {
      if (secretRef?.name === undefined || mountable.has(secretRef.name)) continue;
      throw refusal(
        attributes,
        `container ${name} with envFrom referencing secret.secretName="${secretRef.name}" is not allowed because ${by} does not reference that secret`,
      );
    }
  }
  for (const { name } of pod.spec.imagePullSecrets ?? []) {
    if (pullable.has(name)) continue;
    throw refusal(attributes, `imagePullSecrets[].name="${name}" is not allowed because ${by} does not reference that imagePullSecret`);
  }
}
