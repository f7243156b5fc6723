import {
  type Base64,
  bytes,
  type defaulted,
  defineKind,
  field,
  humanDuration,
  integer,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  listOf,
  map,
  object,
  oneOf,
  type Schema,
  string,
  struct,
  text,
  time,
  type Time,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import {
  askedBy,
  validateDecision,
  validateNewRequest,
  validateRequest,
  withConditionTimes,
  withDecisionsKept,
} from "./certificate-signing-request-rules.ts";

/** Asks for a certificate for a key. */
export interface CertificateSigningRequest extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: CertificateSigningRequestSpec;
  readonly status: CertificateSigningRequestStatus;
}

/** What is asked for, and by whom. */
export interface CertificateSigningRequestSpec {
  readonly request: Base64;
  readonly signerName: string;
  readonly expirationSeconds?: number;
  readonly usages?: readonly (
    | "any"
    | "cert sign"
    | "client auth"
    | "code signing"
    | "content commitment"
    | "crl sign"
    | "data encipherment"
    | "decipher only"
    | "digital signature"
    | "email protection"
    | "encipher only"
    | "ipsec end system"
    | "ipsec tunnel"
    | "ipsec user"
    | "key agreement"
    | "key encipherment"
    | "microsoft sgc"
    | "netscape sgc"
    | "ocsp signing"
    | "s/mime"
    | "server auth"
    | "signing"
    | "timestamping"
  )[];
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Whether a request was approved, and the certificate. */
export interface CertificateSigningRequestStatus {
  readonly conditions?: readonly CertificateSigningRequestCondition[];
  readonly certificate?: Base64;
}

/** One decision on a request for a certificate. */
export interface CertificateSigningRequestCondition {
  readonly [defaulted]?: "status";
  readonly type: string;
  readonly status: "False" | "True" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
  readonly lastUpdateTime?: Time;
  readonly lastTransitionTime?: Time;
}

const certificateSigningRequestSpec: Schema<CertificateSigningRequestSpec> = object<CertificateSigningRequestSpec>(
  "io.k8s.api.certificates.v1.CertificateSigningRequestSpec",
  "What is asked for, and by whom.",
  {
    request: field(bytes, { field: 1, required: true, doc: "The PKCS #10 request in PEM." }),
    signerName: text({
      field: 7,
      required: true,

      doc: "Who should sign it, such as `kubernetes.io/kube-apiserver-client-kubelet`.",
    }),
    expirationSeconds: integer({
      field: 8,
      presence: "pointer",
      doc: "For how long the certificate should hold; the signer may shorten it. At least 600.",
    }),
    usages: list(
      oneOf(
        "any",
        "cert sign",
        "client auth",
        "code signing",
        "content commitment",
        "crl sign",
        "data encipherment",
        "decipher only",
        "digital signature",
        "email protection",
        "encipher only",
        "ipsec end system",
        "ipsec tunnel",
        "ipsec user",
        "key agreement",
        "key encipherment",
        "microsoft sgc",
        "netscape sgc",
        "ocsp signing",
        "s/mime",
        "server auth",
        "signing",
        "timestamping",
      ),
      { field: 5, listType: "atomic", doc: "What the key may be used for." },
    ),
    username: text({ field: 2, doc: "Who asks; set by the server." }),
    uid: text({ field: 3, doc: "The uid of who asks; set by the server." }),
    groups: list(string, { field: 4, listType: "atomic", doc: "The groups of who asks; set by the server." }),
    extra: map(listOf(string), { field: 6, doc: "What else is known of who asks; set by the server." }),
  },
);

const certificateSigningRequestCondition: Schema<CertificateSigningRequestCondition> = object<CertificateSigningRequestCondition>(
  "io.k8s.api.certificates.v1.CertificateSigningRequestCondition",
  "One decision on a request for a certificate.",
  {
    type: text({ field: 1, required: true, mayBeEmpty: true, doc: "Approved, Denied or Failed." }),
    status: text({
      field: 6,
      required: true,
      default: "True",
      enum: ["False", "True", "Unknown"],
      doc: "True, False or Unknown; only True for the three well-known types.",
    }),
    reason: text({ field: 2, doc: "Why, in one word for machines." }),
    message: text({ field: 3, doc: "Why, in a sentence for people." }),
    lastUpdateTime: field(time, { field: 4, doc: "When the condition was last written." }),
    lastTransitionTime: field(time, { field: 5, doc: "When the status last changed." }),
  },
);

const certificateSigningRequestStatus: Schema<CertificateSigningRequestStatus> = object<CertificateSigningRequestStatus>(
  "io.k8s.api.certificates.v1.CertificateSigningRequestStatus",
  "Whether a request was approved, and the certificate.",
  {
    conditions: list(certificateSigningRequestCondition, {
      field: 1,
      listType: "map",
      mapKeys: ["type"],
      doc: "Approved, Denied or Failed.",
    }),
    certificate: field(bytes, { field: 2, doc: "The certificate in PEM, and those between it and the root." }),
  },
);

const certificateSigningRequest: Schema<CertificateSigningRequest> = kindObject<CertificateSigningRequest>(
  "io.k8s.api.certificates.v1.CertificateSigningRequest",
  "Asks for a certificate for a key.",
  {
    spec: struct(certificateSigningRequestSpec, {
      field: 2,
      required: true,
      doc: "What is asked for, and by whom; only metadata may change afterwards.",
    }),
    status: struct(certificateSigningRequestStatus, { field: 3, default: {}, doc: "Whether it was approved, and the certificate." }),
  },
);

export const CertificateSigningRequestKind: Kind<CertificateSigningRequest> = defineKind<CertificateSigningRequest>({
  group: "certificates.k8s.io",
  version: "v1",
  kind: "CertificateSigningRequest",
  resource: "certificatesigningrequests",
  shortNames: ["csr"],
  scope: "Cluster",
  schema: certificateSigningRequest,
  subresources: { status: true, others: ["approval"] },
  columns: [
    nameColumn,
    ageColumn,
    { name: "SignerName", type: "string", doc: "Who should sign it.", cell: ({ spec }) => spec.signerName },
    { name: "Requestor", type: "string", doc: "Who asks.", cell: ({ spec }) => spec.username ?? "" },
    {
      name: "RequestedDuration",
      type: "string",
      doc: "For how long the certificate should hold.",
      cell: ({ spec }) => (spec.expirationSeconds === undefined ? "<none>" : humanDuration(spec.expirationSeconds * 1000)),
    },
    { name: "Condition", type: "string", doc: "What was decided, and whether the certificate is there.", cell: conditionOf },
  ],
  selectableFields: { "spec.signerName": ({ spec }) => spec.signerName },
  strategy: {
    name: "pathSegment",
    prepareForCreate: (request, { user }) => ({ ...request, spec: askedBy(request.spec, user), status: {} }),
    prepareForUpdate: (request, previous) => ({ ...request, spec: previous.spec }),
    prepareForStatusUpdate: (request, previous, { now }) => withConditionTimes(withDecisionsKept(request, previous), previous, now),
    validate: validateRequest,
    validateCreate: validateNewRequest,
    validateStatusUpdate: validateDecision,
  },
});

function conditionOf({ status }: CertificateSigningRequest): string {
  const has = (type: string): boolean => (status.conditions ?? []).some((condition) => condition.type === type);
  const decision = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  return `${decision}${has("Failed") ? ",Failed" : ""}${(status.certificate ?? "") === "" ? "" : ",Issued"}`;
}
