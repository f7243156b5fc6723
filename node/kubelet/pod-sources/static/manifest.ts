import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Container, type Pod, PodKind, type PodSpec, type Volume } from "@kubets/api";
import { applyDefaults, decodeObject, formatTime, type Instant, messageOf, parseYaml, validateSchema } from "@kubets/machinery";

// Annotations of Pods that a kubelet has from elsewhere than the API, and of what the API shows of them.

export const hashAnnotation = "kubernetes.io/config.hash";
export const mirrorAnnotation = "kubernetes.io/config.mirror";
const seenAnnotation = "kubernetes.io/config.seen";
const sourceAnnotation = "kubernetes.io/config.source";

export interface ManifestFacts {
  readonly path: string;
  readonly nodeName: string;
  readonly now: Instant;
}

/**
 * The Pod that a manifest describes on a node: named after it, and identified by what it says, so that a change makes another Pod.
 *
 * Throws for what isn't a manifest of one valid Pod, and for one that needs other objects of the API: it must run without.
 */
export function staticPodOf(manifest: Uint8Array, { path, nodeName, now }: ManifestFacts): Pod {
  const { value } = parseYaml(manifest);
  const { object } = decodeObject(PodKind.schema, value);
  if (object.apiVersion !== "v1" || object.kind !== "Pod")
    throw new Error(`${path} holds a ${object.kind || "document without a kind"}, not a Pod`);
  const { name, namespace = "default", ...metadata } = object.metadata;
  const identity = bytesToHex(sha256(utf8ToBytes(JSON.stringify([nodeName, path, object])))).slice(0, 32);
  const annotations = {
    ...metadata.annotations,
    [hashAnnotation]: identity,
    [seenAnnotation]: formatTime(now),
    [sourceAnnotation]: "file",
  };
  const everywhere = { operator: "Exists", effect: "NoExecute" } as const;
  const pod = complete({
    ...object,
    metadata: { ...metadata, name: `${name}-${nodeName}`, namespace, uid: identity, resourceVersion: "0", annotations },
    spec: { ...object.spec, nodeName, tolerations: [...(object.spec.tolerations ?? []), everywhere] },
    status: { phase: "Pending" },
  });
  const [problem] = [...validateSchema(PodKind.schema, pod), ...(PodKind.strategy.validate?.(pod) ?? [])];
  if (problem !== undefined) throw new Error(`${path}: ${problem.field}: ${messageOf(problem)}`);
  const referenced = referenceOf(pod.spec);
  if (referenced !== undefined) throw new Error(`${path}: static pods may not reference ${referenced}`);
  return pod;
}

/** Whether a Pod of the API is only the picture of one that its node has from elsewhere. */
export function isMirror({ metadata }: Pod): boolean {
  return metadata.annotations?.[mirrorAnnotation] !== undefined;
}

function complete(pod: Pod): Pod {
  const completed = applyDefaults(PodKind.schema, pod);
  return PodKind.strategy.defaults?.(completed) ?? completed;
}

/** What of the API a Pod needs; `undefined` for one that needs nothing. */
function referenceOf(spec: PodSpec): string | undefined {
  if ((spec.serviceAccountName ?? "") !== "") return "serviceaccounts";
  if ((spec.imagePullSecrets ?? []).length > 0) return "secrets";
  if ((spec.resourceClaims ?? []).length > 0) return "resourceclaims";
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  return containers.map(referenceOfContainer).find(isGiven) ?? (spec.volumes ?? []).map(referenceOfVolume).find(isGiven);
}

function referenceOfContainer({ env = [], envFrom = [] }: Container): string | undefined {
  if (env.some(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined) || envFrom.some(({ secretRef }) => secretRef !== undefined))
    return "secrets";
  const isMapped = env.some(({ valueFrom }) => valueFrom?.configMapKeyRef !== undefined);
  return isMapped || envFrom.some(({ configMapRef }) => configMapRef !== undefined) ? "configmaps" : undefined;
}

function referenceOfVolume({ secret, configMap, persistentVolumeClaim, ephemeral, projected }: Volume): string | undefined {
  const sources = projected?.sources ?? [];
  if (secret !== undefined || sources.some((source) => source.secret !== undefined)) return "secrets";
  if (configMap !== undefined || sources.some((source) => source.configMap !== undefined)) return "configmaps";
  if (sources.some(({ serviceAccountToken }) => serviceAccountToken !== undefined)) return "serviceaccounts";
  if (sources.some(({ clusterTrustBundle }) => clusterTrustBundle !== undefined)) return "clustertrustbundles";
  return persistentVolumeClaim !== undefined || ephemeral !== undefined ? "persistentvolumeclaims" : undefined;
}

function isGiven(value: string | undefined): value is string {
  return value !== undefined;
}
