import {
  defineKind,
  type FieldError,
  invalid,
  isDnsSubdomain,
  type Kind,
  kindObject,
  type KubernetesObject,
  object,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import { DerError, givenPemBlocks, type ReadCertificate, readCertificate } from "@kubets/machinery/x509";
import { nameColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";
import { validateSignerName } from "./signer-name.ts";

/** Certificates of authorities, for Pods to trust. */
export interface ClusterTrustBundle extends KubernetesObject {
  readonly spec: ClusterTrustBundleSpec;
}

/** Which certificates, and whose. */
export interface ClusterTrustBundleSpec {
  readonly signerName?: string;
  readonly trustBundle: string;
}

const clusterTrustBundleSpec: Schema<ClusterTrustBundleSpec> = object<ClusterTrustBundleSpec>(
  "io.k8s.api.certificates.v1beta1.ClusterTrustBundleSpec",
  "Which certificates, and whose.",
  {
    signerName: text({
      field: 1,
      doc: "The signer whose certificates they verify; the object's name begins with it then. It never changes.",
    }),
    trustBundle: text({ field: 2, required: true, doc: "The certificates of authorities in PEM, in no order, none of them twice." }),
  },
);

const clusterTrustBundle: Schema<ClusterTrustBundle> = kindObject<ClusterTrustBundle>(
  "io.k8s.api.certificates.v1beta1.ClusterTrustBundle",
  "Certificates of authorities, for Pods to trust.",
  {
    spec: struct(clusterTrustBundleSpec, { field: 2, required: true, doc: "Which certificates, and whose." }),
  },
);

export const ClusterTrustBundleKind: Kind<ClusterTrustBundle> = defineKind<ClusterTrustBundle>({
  group: "certificates.k8s.io",
  version: "v1beta1",
  kind: "ClusterTrustBundle",
  resource: "clustertrustbundles",
  scope: "Cluster",
  schema: clusterTrustBundle,
  columns: [
    nameColumn,
    { name: "SignerName", type: "string", doc: "Whose certificates they verify.", cell: ({ spec }) => signerOf(spec) || "<none>" },
  ],
  selectableFields: { "spec.signerName": ({ spec }) => signerOf(spec) },
  strategy: {
    // A signer's domain and name stand in the object's name with colons between them.
    name: "pathSegment",
    validate: ({ metadata, spec }) => [
      ...validateName(metadata.name, signerOf(spec)),
      ...validateSignerName(signerOf(spec)),
      ...(spec.trustBundle === "" ? [] : validateBundle(spec.trustBundle)),
    ],
    validateUpdate: ({ spec }, previous) => immutable("spec.signerName", signerOf(spec), signerOf(previous.spec)),
  },
});

function signerOf({ signerName = "" }: ClusterTrustBundleSpec): string {
  return signerName;
}

function validateName(name: string, signer: string): readonly FieldError[] {
  const refuse = (problem: string): readonly FieldError[] => [invalid("metadata.name", name, problem)];
  const prefix = signer === "" ? "" : `${signer.replaceAll("/", ":")}:`;
  if (signer === "" && name.includes(":")) return refuse('ClusterTrustBundle without signer name must not have ":" in its name');
  if (!name.startsWith(prefix)) return refuse(`ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`);
  return isDnsSubdomain(name.slice(prefix.length)).flatMap(refuse);
}

function validateBundle(bundle: string): readonly FieldError[] {
  const path = "spec.trustBundle";
  const refuse = (problem: string): FieldError => invalid(path, "<value omitted>", problem);
  const blocks = givenPemBlocks(bundle);
  if (blocks.length === 0) return [refuse("at least one trust anchor must be provided")];
  const firsts = new Map<string, number>();
  return blocks.flatMap(({ label, hasHeaders, der }, index): readonly FieldError[] => {
    if (label !== "CERTIFICATE") return [refuse(`entry ${index} has bad block type: ${label}`)];
    if (hasHeaders) return [refuse(`entry ${index} has PEM block headers`)];
    const certificate = der === undefined ? undefined : certificateIn(der);
    if (certificate === undefined) return [refuse(`entry ${index} does not parse as X.509`)];
    if (!certificate.isAuthority) return [refuse(`entry ${index} does not have the CA bit set`)];
    const key = String.fromCharCode(...der!);
    const first = firsts.get(key);
    if (first !== undefined) return [refuse(`duplicate trust anchor (indices [${first} ${index}])`)];
    firsts.set(key, index);
    return [];
  });
}

/** `undefined` for what is none. */
export function certificateIn(der: Uint8Array): ReadCertificate | undefined {
  try {
    return readCertificate(der);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}
