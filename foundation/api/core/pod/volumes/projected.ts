import {
  type defaulted,
  embedded,
  flag,
  integer,
  type LabelSelector,
  labelSelector,
  list,
  map,
  object,
  type Schema,
  string,
  struct,
  text,
} from "@kubets/machinery";
import { localObjectReference } from "../../shared/object-reference.ts";
import { type DownwardAPIVolumeFile, downwardAPIVolumeFile, type KeyToPath, keyToPath } from "./configuration.ts";

export interface ProjectedVolumeSource {
  readonly [defaulted]?: "defaultMode";
  readonly sources?: readonly VolumeProjection[];
  readonly defaultMode: number;
}

export interface VolumeProjection {
  readonly secret?: SecretProjection;
  readonly downwardAPI?: DownwardAPIProjection;
  readonly configMap?: ConfigMapProjection;
  readonly serviceAccountToken?: ServiceAccountTokenProjection;
  readonly clusterTrustBundle?: ClusterTrustBundleProjection;
  readonly podCertificate?: PodCertificateProjection;
}

export interface SecretProjection {
  readonly [defaulted]?: "name";
  readonly name: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

export interface DownwardAPIProjection {
  readonly items?: readonly DownwardAPIVolumeFile[];
}

export interface ConfigMapProjection {
  readonly [defaulted]?: "name";
  readonly name: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

export interface ServiceAccountTokenProjection {
  readonly [defaulted]?: "expirationSeconds";
  readonly audience?: string;
  readonly expirationSeconds: number;
  readonly path: string;
}

export interface ClusterTrustBundleProjection {
  readonly name?: string;
  readonly signerName?: string;
  readonly labelSelector?: LabelSelector;
  readonly optional?: boolean;
  readonly path: string;
}

export interface PodCertificateProjection {
  readonly [defaulted]?: "maxExpirationSeconds";
  readonly signerName: string;
  readonly keyType: "RSA3072" | "RSA4096" | "ECDSAP256" | "ECDSAP384" | "ECDSAP521" | "ED25519";
  readonly maxExpirationSeconds: number;
  readonly credentialBundlePath?: string;
  readonly keyPath?: string;
  readonly certificateChainPath?: string;
  readonly userAnnotations?: Readonly<Record<string, string>>;
}

export const secretProjection: Schema<SecretProjection> = object<SecretProjection>(
  "io.k8s.api.core.v1.SecretProjection",
  "Files made of a Secret.",
  {
    ...embedded(localObjectReference, { field: 1 }),
    items: list(keyToPath, { field: 2, listType: "atomic", doc: "Keys to make files of; all of them when absent." }),
    optional: flag({ field: 4, presence: "pointer", doc: "Whether the Secret or its keys may be missing." }),
  },
);

export const downwardAPIProjection: Schema<DownwardAPIProjection> = object<DownwardAPIProjection>(
  "io.k8s.api.core.v1.DownwardAPIProjection",
  "Files made of fields of the Pod.",
  {
    items: list(downwardAPIVolumeFile, { field: 1, listType: "atomic", doc: "The files." }),
  },
);

export const configMapProjection: Schema<ConfigMapProjection> = object<ConfigMapProjection>(
  "io.k8s.api.core.v1.ConfigMapProjection",
  "Files made of a ConfigMap.",
  {
    ...embedded(localObjectReference, { field: 1 }),
    items: list(keyToPath, { field: 2, listType: "atomic", doc: "Keys to make files of; all of them when absent." }),
    optional: flag({ field: 4, presence: "pointer", doc: "Whether the ConfigMap or its keys may be missing." }),
  },
);

export const serviceAccountTokenProjection: Schema<ServiceAccountTokenProjection> = object<ServiceAccountTokenProjection>(
  "io.k8s.api.core.v1.ServiceAccountTokenProjection",
  "A token of the Pod's ServiceAccount.",
  {
    audience: text({ field: 1, doc: "Whom the token is for; the API server when empty." }),
    expirationSeconds: integer({
      field: 2,
      presence: "pointer",
      bits: 64,
      default: 3600,
      doc: "How long a token is asked to be valid, at least 600.",
    }),
    path: text({ field: 3, required: true, doc: "Path of the file within the volume." }),
  },
);

export const clusterTrustBundleProjection: Schema<ClusterTrustBundleProjection> = object<ClusterTrustBundleProjection>(
  "io.k8s.api.core.v1.ClusterTrustBundleProjection",
  "Certificates of ClusterTrustBundles.",
  {
    name: text({ field: 1, presence: "pointer", doc: "One ClusterTrustBundle by name." }),
    signerName: text({ field: 2, presence: "pointer", doc: "All ClusterTrustBundles of a signer that match labelSelector." }),
    labelSelector: struct(labelSelector, {
      field: 3,
      presence: "pointer",
      doc: "Which of the signer's bundles, by their labels; none when absent.",
    }),
    optional: flag({ field: 5, presence: "pointer", doc: "Whether the bundles may be missing." }),
    path: text({ field: 4, required: true, doc: "Path of the file within the volume." }),
  },
);

export const podCertificateProjection: Schema<PodCertificateProjection> = object<PodCertificateProjection>(
  "io.k8s.api.core.v1.PodCertificateProjection",
  "A private key and a certificate for it.",
  {
    signerName: text({ field: 1, required: true, doc: "Signer that issues the certificate." }),
    keyType: text({
      field: 2,
      enum: ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"],
      required: true,
      doc: "Kind of private key: RSA3072, RSA4096, ECDSAP256, ECDSAP384, ECDSAP521 or ED25519.",
    }),
    maxExpirationSeconds: integer({
      field: 3,
      presence: "pointer",
      default: 86400,
      doc: "The longest lifetime to ask for, from 3600 to 7862400; 86400 when absent.",
    }),
    credentialBundlePath: text({ field: 4, doc: "File for the key and the certificate chain together." }),
    keyPath: text({ field: 5, doc: "File for the key alone." }),
    certificateChainPath: text({ field: 6, doc: "File for the certificate chain alone." }),
    userAnnotations: map(string, { field: 7, doc: "Further data for the signer, passed on in the PodCertificateRequest." }),
  },
);

export const volumeProjection: Schema<VolumeProjection> = object<VolumeProjection>(
  "io.k8s.api.core.v1.VolumeProjection",
  "One source of a projected volume. Exactly one is set.",
  {
    secret: struct(secretProjection, { field: 1, presence: "pointer", doc: "Files made of a Secret." }),
    downwardAPI: struct(downwardAPIProjection, { field: 2, presence: "pointer", doc: "Files made of fields of the Pod." }),
    configMap: struct(configMapProjection, { field: 3, presence: "pointer", doc: "Files made of a ConfigMap." }),
    serviceAccountToken: struct(serviceAccountTokenProjection, {
      field: 4,
      presence: "pointer",
      doc: "A token of the Pod's ServiceAccount, renewed before it expires.",
    }),
    clusterTrustBundle: struct(clusterTrustBundleProjection, {
      field: 5,
      presence: "pointer",
      doc: "Certificates of ClusterTrustBundles.",
    }),
    podCertificate: struct(podCertificateProjection, {
      field: 6,
      presence: "pointer",
      doc: "A private key and a certificate for it, made and renewed by the kubelet.",
    }),
  },
);

export const projectedVolumeSource: Schema<ProjectedVolumeSource> = object<ProjectedVolumeSource>(
  "io.k8s.api.core.v1.ProjectedVolumeSource",
  "Files from several sources in one directory.",
  {
    sources: list(volumeProjection, { field: 1, listType: "atomic", doc: "The sources." }),
    defaultMode: integer({ field: 2, presence: "pointer", default: 420, doc: "Permission bits of the files." }),
  },
);
