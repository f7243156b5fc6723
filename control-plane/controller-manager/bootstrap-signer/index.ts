import { type ConfigMap, ConfigMapKind, hasExpired, isBootstrapSecret, readBootstrapToken, type Secret, SecretKind } from "@kubets/api";
import { type Controller, type Decision, nothing, objectKey, update, watch } from "@kubets/client";
import { encodeBase64Url, type Instant, sameJson } from "@kubets/machinery";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

const clusterInfo = "kube-public/cluster-info";
const signaturePrefix = "jws-kubeconfig-";

export interface Observed {
  readonly clusterInfo: ConfigMap;
  /** The bootstrap tokens of the cluster. */
  readonly tokens: readonly Secret[];
}

/**
 * Signs what the ConfigMap `cluster-info` says of the cluster with every bootstrap token that may sign: whoever holds the token can read
 * the cluster's CA from where anybody may read, and know that it is right.
 */
export const bootstrapSigner: Controller<Observed> = {
  name: "bootstrap-signer",
  watches: [
    watch(ConfigMapKind, { keys: (configMap) => (objectKey(configMap) === clusterInfo ? [clusterInfo] : []) }),
    watch(SecretKind, {
      keys: (secret) => (isBootstrapSecret(secret) ? [clusterInfo] : []),
      indexes: { token: (secret) => (isBootstrapSecret(secret) ? [""] : []) },
    }),
  ],
  observe(key, caches) {
    const present = caches.of(ConfigMapKind).get(key);
    return present === undefined ? undefined : { clusterInfo: present, tokens: caches.of(SecretKind).byIndex("token", "") };
  },
  reconcile,
};

export function reconcile({ clusterInfo: present, tokens }: Observed, now: Instant): Decision {
  const { data = {} } = present;
  const kubeconfig = data["kubeconfig"];
  if (kubeconfig === undefined) return nothing;
  const others = Object.entries(data).filter(([key]) => !key.startsWith(signaturePrefix));
  const signatures = tokens.flatMap((present) => {
    const token = readBootstrapToken(present);
    if (token === undefined || !token.signs || hasExpired(token, now)) return [];
    const { id, secret } = token;
    return [[`${signaturePrefix}${id}`, detachedSignature(kubeconfig, id, secret)] as const];
  });
  const next = Object.fromEntries([...others, ...signatures]);
  return sameJson(next, data) ? nothing : { actions: [update(ConfigMapKind, { ...present, data: next })] };
}

/** A JWS (RFC 7515) without its content in the middle: that stands beside it. */
function detachedSignature(content: string, keyId: string, secret: string): string {
  const encode = (text: string): string => encodeBase64Url(new TextEncoder().encode(text));
  const header = encode(JSON.stringify({ alg: "HS256", kid: keyId }));
  const signed = new TextEncoder().encode(`${header}.${encode(content)}`);
  return `${header}..${encodeBase64Url(hmac(sha256, new TextEncoder().encode(secret), signed))}`;
}
