import {
  type Base64,
  bytes,
  bytesOfBase64,
  condition,
  type Condition,
  type defaulted,
  defineKind,
  field,
  type FieldError,
  integer,
  invalid,
  isDnsSubdomain,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  map,
  notSupported,
  object,
  sameJson,
  type Schema,
  string,
  struct,
  text,
  time,
  type Time,
  validateAnnotations,
} from "@kubets/machinery";
import { DerError, givenPemBlocks, readCertificateRequest } from "@kubets/machinery/x509";
import { nameColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";
import { certificateIn } from "./cluster-trust-bundle.ts";
import { validateSignerName } from "./signer-name.ts";

/** Asks for a certificate for a key that a Pod will have. */
export interface PodCertificateRequest extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: PodCertificateRequestSpec;
  readonly status: PodCertificateRequestStatus;
}

/** For which Pod a certificate is asked, of whom, and for which key. */
export interface PodCertificateRequestSpec {
  readonly [defaulted]?: "maxExpirationSeconds";
  readonly signerName: string;
  readonly podName: string;
  readonly podUID: string;
  readonly serviceAccountName: string;
  readonly serviceAccountUID: string;
  readonly nodeName: string;
  readonly nodeUID: string;
  readonly maxExpirationSeconds: number;
  readonly pkixPublicKey?: Base64;
  readonly proofOfPossession?: Base64;
  readonly stubPKCS10Request: Base64;
  readonly unverifiedUserAnnotations?: Readonly<Record<string, string>>;
}

/** What became of a request, and the certificate. */
export interface PodCertificateRequestStatus {
  readonly conditions?: readonly Condition[];
  readonly certificateChain?: string;
  readonly notBefore?: Time;
  readonly beginRefreshAt?: Time;
  readonly notAfter?: Time;
}

const hour = 3600;
const day = 24 * hour;
const longestLife = 91 * day;

const podCertificateRequestSpec: Schema<PodCertificateRequestSpec> = object<PodCertificateRequestSpec>(
  "io.k8s.api.certificates.v1beta1.PodCertificateRequestSpec",
  "For which Pod a certificate is asked, of whom, and for which key.",
  {
    signerName: text({ field: 1, required: true, doc: "Who should sign it, such as example.com/signer." }),
    podName: text({ field: 2, required: true, doc: "The Pod's name." }),
    podUID: text({ field: 3, required: true, doc: "The Pod's uid." }),
    serviceAccountName: text({ field: 4, required: true, doc: "The name of the Pod's ServiceAccount." }),
    serviceAccountUID: text({ field: 5, required: true, doc: "The uid of the Pod's ServiceAccount." }),
    nodeName: text({ field: 6, required: true, doc: "The name of the Pod's node." }),
    nodeUID: text({ field: 7, required: true, doc: "The uid of the Pod's node." }),
    maxExpirationSeconds: integer({
      field: 8,
      presence: "pointer",
      default: day,
      doc: "How long the certificate may hold: from an hour to 91 days, a day for Kubernetes' own signers.",
    }),
    pkixPublicKey: field(bytes, { field: 9, doc: "Deprecated: the public key, where there is no stubPKCS10Request." }),
    proofOfPossession: field(bytes, { field: 10, doc: "Deprecated: the Pod's uid, signed by the key of pkixPublicKey." }),
    stubPKCS10Request: field(bytes, { field: 12, required: true, doc: "A signing request in DER, made with the key and otherwise empty." }),
    unverifiedUserAnnotations: map(string, { field: 11, doc: "What the Pod's author tells the signer; nobody checked it." }),
  },
);

const podCertificateRequestStatus: Schema<PodCertificateRequestStatus> = object<PodCertificateRequestStatus>(
  "io.k8s.api.certificates.v1beta1.PodCertificateRequestStatus",
  "What became of a request, and the certificate.",
  {
    conditions: list(condition, {
      field: 1,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "Issued, Denied or Failed; one of them at most.",
    }),
    certificateChain: text({ field: 2, doc: "The certificate in PEM, and those between it and the root; never changes once it is set." }),
    notBefore: field(time, { field: 4, presence: "pointer", doc: "From when the certificate holds." }),
    beginRefreshAt: field(time, { field: 5, presence: "pointer", doc: "When the kubelet should ask for the next one." }),
    notAfter: field(time, { field: 6, presence: "pointer", doc: "Until when the certificate holds." }),
  },
);

const podCertificateRequest: Schema<PodCertificateRequest> = kindObject<PodCertificateRequest>(
  "io.k8s.api.certificates.v1beta1.PodCertificateRequest",
  "Asks for a certificate for a key that a Pod will have.",
  {
    spec: struct(podCertificateRequestSpec, { field: 2, required: true, doc: "What is asked for; never changes." }),
    status: struct(podCertificateRequestStatus, { field: 3, default: {}, doc: "What became of it, and the certificate." }),
  },
);

export const PodCertificateRequestKind: Kind<PodCertificateRequest> = defineKind<PodCertificateRequest>({
  group: "certificates.k8s.io",
  version: "v1beta1",
  kind: "PodCertificateRequest",
  resource: "podcertificaterequests",
  scope: "Namespaced",
  schema: podCertificateRequest,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: "PodName", type: "string", doc: "The Pod.", cell: ({ spec }) => spec.podName },
    { name: "ServiceAccountName", type: "string", doc: "The Pod's ServiceAccount.", cell: ({ spec }) => spec.serviceAccountName },
    { name: "NodeName", type: "string", doc: "The Pod's node.", cell: ({ spec }) => spec.nodeName },
    { name: "SignerName", type: "string", doc: "Who should sign it.", cell: ({ spec }) => spec.signerName },
    { name: "State", type: "string", doc: "What became of it.", cell: ({ status }) => outcomeOf(status) ?? "Pending" },
  ],
  selectableFields: {
    "spec.nodeName": ({ spec }) => spec.nodeName,
    "spec.podName": ({ spec }) => spec.podName,
    "spec.signerName": ({ spec }) => spec.signerName,
  },
  strategy: {
    validate: validateRequest,
    validateUpdate: ({ spec }, previous) => immutable("spec", spec, previous.spec),
    validateStatusUpdate: ({ status }, previous) => validateStatus(status, previous.status),
  },
});

const outcomes: readonly string[] = ["Issued", "Denied", "Failed"];

function outcomeOf({ conditions = [] }: PodCertificateRequestStatus): string | undefined {
  return conditions.find(({ type }) => outcomes.includes(type))?.type;
}

function validateRequest({ spec }: PodCertificateRequest): readonly FieldError[] {
  const longest = spec.signerName.startsWith("kubernetes.io/") ? day : longestLife;
  const { maxExpirationSeconds: seconds, stubPKCS10Request: request, unverifiedUserAnnotations: annotations } = spec;
  return [
    ...validateSignerName(spec.signerName),
    ...(["podName", "serviceAccountName", "nodeName"] as const).flatMap((field) =>
      spec[field] === "" ? [] : isDnsSubdomain(spec[field]).map((message) => invalid(`spec.${field}`, spec[field], message)),
    ),
    ...(seconds < hour || seconds > longest
      ? [invalid("spec.maxExpirationSeconds", seconds, `must be in the range [${hour}, ${longest}]`)]
      : []),
    // Whether the key signed it is for admission to see: that takes cryptography, which a rule can't wait for.
    ...(request === "" || isSigningRequest(request) ? [] : [invalid("spec.stubPKCS10Request", request, "must be a valid PKCS#10 CSR")]),
    ...(annotations === undefined ? [] : validateAnnotations(annotations, "spec.unverifiedUserAnnotations")),
    ...Object.keys(annotations ?? {}).flatMap((key) =>
      key.includes("/") ? [] : [invalid("spec.unverifiedUserAnnotations", key, 'must be a domain-prefixed key (e.g. "acme.io/foo")')],
    ),
  ];
}

/** A request has one outcome, and a certificate if that is `Issued`. Neither changes afterwards. */
function validateStatus(status: PodCertificateRequestStatus, before: PodCertificateRequestStatus): readonly FieldError[] {
  const { conditions = [], certificateChain: chain = "" } = status;
  const decisive = conditions.filter(({ type }) => outcomes.includes(type));
  const issued = outcomeOf(status) === "Issued";
  const kept = ["certificateChain", "notBefore", "beginRefreshAt", "notAfter"] as const;
  const wasDecided = outcomeOf(before) !== undefined;
  return [
    ...conditions.flatMap(({ type, status: value }, index) => [
      ...(outcomes.includes(type) ? [] : [notSupported(`status.conditions[${index}].type`, type, outcomes)]),
      ...(value === "True" ? [] : [notSupported(`status.conditions[${index}].status`, value, ["True"])]),
    ]),
    ...(decisive.length > 1
      ? [invalid("status.conditions", conditions, 'There may be at most one condition with type "Issued", "Denied", or "Failed"')]
      : []),
    ...(issued && chain === "" ? [invalid("status.certificateChain", chain, "must be set once the request is issued")] : []),
    ...(chain === "" ? [] : validateChain(chain)),
    ...(wasDecided && !sameJson(status.conditions, before.conditions) ? immutable("status.conditions", conditions, before.conditions) : []),
    ...(wasDecided ? kept.flatMap((field) => immutable(`status.${field}`, status[field], before[field])) : []),
  ];
}

function isSigningRequest(base64: Base64): boolean {
  try {
    readCertificateRequest(bytesOfBase64(base64));
    return true;
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}

function validateChain(chain: string): readonly FieldError[] {
  const path = "status.certificateChain";
  const blocks = givenPemBlocks(chain);
  if (blocks.length === 0) return [invalid(path, chain, "at least one certificate must be provided")];
  return blocks.flatMap(({ label, der }, index) => [
    ...(label === "CERTIFICATE" ? [] : [invalid(path, chain, `block ${index} has type ${label}, must be CERTIFICATE`)]),
    ...(der === undefined || certificateIn(der) === undefined ? [invalid(path, chain, `block ${index} does not parse as X.509`)] : []),
  ]);
}
