import type { CertificateSigningRequest } from "@kubets/api";
import { textOfBase64 } from "@kubets/machinery";
import { type CertificateRequest, parseCertificateRequest } from "@kubets/machinery/x509";

export type Usage = NonNullable<CertificateSigningRequest["spec"]["usages"]>[number];

/** The signers that Kubernetes comes with. */
export const signers = {
  client: "kubernetes.io/kube-apiserver-client",
  kubeletClient: "kubernetes.io/kube-apiserver-client-kubelet",
  kubeletServing: "kubernetes.io/kubelet-serving",
  legacyUnknown: "kubernetes.io/legacy-unknown",
} as const;

/** What is asked for. Throws `DerError` when it can't be read, which validation doesn't let in. */
export function readRequest({ spec }: CertificateSigningRequest): CertificateRequest {
  return parseCertificateRequest(textOfBase64(spec.request));
}

export function hasCondition({ status }: CertificateSigningRequest, ...types: readonly string[]): boolean {
  return status.conditions?.some(({ type, status: holds }) => types.includes(type) && holds === "True") === true;
}

/** Why the signer may not sign that, in upstream's words; `undefined` when it may, and for signers that are none of ours. */
export function refusalBy(signer: string, request: CertificateRequest, usages: readonly Usage[]): string | undefined {
  switch (signer) {
    case signers.client:
      return clientRefusal(usages);
    case signers.kubeletClient:
      return kubeletClientRefusal(request, usages);
    case signers.kubeletServing:
      return kubeletServingRefusal(request, usages);
    default:
      return undefined;
  }
}

const optionalForClients: readonly Usage[] = ["digital signature", "key encipherment"];

function clientRefusal(usages: readonly Usage[]): string | undefined {
  const foreign = usages.find((usage) => usage !== "client auth" && !optionalForClients.includes(usage));
  if (foreign !== undefined) return `invalid usage for client certificate: ${foreign}`;
  return usages.includes("client auth") ? undefined : "missing required usage for client certificate: client auth";
}

export function kubeletClientRefusal({ subject, alternativeNames }: CertificateRequest, usages: readonly Usage[]): string | undefined {
  const { hostnames, emails, addresses, uris } = alternativeNames;
  if (!isOfNodes(subject)) return "subject organization is not system:nodes";
  if (hostnames.length > 0) return "DNS subjectAltNames are not allowed";
  if (emails.length > 0) return "Email subjectAltNames are not allowed";
  if (addresses.length > 0) return "IP subjectAltNames are not allowed";
  if (uris.length > 0) return "URI subjectAltNames are not allowed";
  if (!isNode(subject)) return "subject common name does not begin with system:node:";
  return usagesRefusal(usages, "client auth");
}

function kubeletServingRefusal({ subject, alternativeNames }: CertificateRequest, usages: readonly Usage[]): string | undefined {
  const { hostnames, emails, addresses, uris } = alternativeNames;
  if (!isOfNodes(subject)) return "subject organization is not system:nodes";
  if (hostnames.length === 0 && addresses.length === 0) return "DNS or IP subjectAltName is required";
  if (emails.length > 0) return "Email subjectAltNames are not allowed";
  if (uris.length > 0) return "URI subjectAltNames are not allowed";
  return usagesRefusal(usages, "server auth") ?? (isNode(subject) ? undefined : "subject common name does not begin with system:node:");
}

function isOfNodes({ organizations }: CertificateRequest["subject"]): boolean {
  return organizations.length === 1 && organizations[0] === "system:nodes";
}

function isNode({ commonName }: CertificateRequest["subject"]): boolean {
  return commonName.startsWith("system:node:");
}

/** Keys other than RSA's encipher nothing. */
function usagesRefusal(usages: readonly Usage[], purpose: Usage): string | undefined {
  const given: readonly Usage[] = [...new Set(usages)].filter((usage) => usage !== "key encipherment");
  const fits = given.length === 2 && given.includes("digital signature") && given.includes(purpose);
  return fits ? undefined : `usages did not match [${["digital signature", "key encipherment", purpose].toSorted().join(" ")}]`;
}
