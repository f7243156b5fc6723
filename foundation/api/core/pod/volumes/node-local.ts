import { type defaulted, field, object, type Quantity, quantity, type Schema, text } from "@kubets/machinery";

export interface HostPathVolumeSource {
  readonly [defaulted]?: "type";
  readonly path: string;
  readonly type: "" | "BlockDevice" | "CharDevice" | "Directory" | "DirectoryOrCreate" | "File" | "FileOrCreate" | "Socket";
}

export interface EmptyDirVolumeSource {
  readonly medium?: string;
  readonly sizeLimit?: Quantity;
}

export interface GitRepoVolumeSource {
  readonly repository: string;
  readonly revision?: string;
  readonly directory?: string;
}

export interface ImageVolumeSource {
  readonly reference?: string;
  readonly pullPolicy?: "Always" | "IfNotPresent" | "Never";
}

export const hostPathVolumeSource: Schema<HostPathVolumeSource> = object<HostPathVolumeSource>(
  "io.k8s.api.core.v1.HostPathVolumeSource",
  "A file or directory of the node.",
  {
    path: text({ field: 1, required: true, doc: "Path on the node." }),
    type: text({
      field: 2,
      presence: "pointer",
      enum: ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"],
      default: "",
      doc: "What must be at the path, or is to be made there; nothing is checked when empty.",
    }),
  },
);

export const emptyDirVolumeSource: Schema<EmptyDirVolumeSource> = object<EmptyDirVolumeSource>(
  "io.k8s.api.core.v1.EmptyDirVolumeSource",
  "An empty directory that lives as long as the Pod.",
  {
    medium: text({ field: 1, doc: "What holds it: the node's disk when empty, Memory for a tmpfs, HugePages or HugePages-SIZE." }),
    sizeLimit: field(quantity, {
      field: 2,
      presence: "pointer",
      doc: "The most it may hold before the Pod is evicted; for Memory, the size of the tmpfs.",
    }),
  },
);

export const gitRepoVolumeSource: Schema<GitRepoVolumeSource> = object<GitRepoVolumeSource>(
  "io.k8s.api.core.v1.GitRepoVolumeSource",
  "Deprecated: a directory filled from a git repository.",
  {
    repository: text({ field: 1, required: true, doc: "URL of the repository." }),
    revision: text({ field: 2, doc: "Commit to check out." }),
    directory: text({ field: 3, doc: 'Directory to clone into; "." for the volume itself.' }),
  },
);

export const imageVolumeSource: Schema<ImageVolumeSource> = object<ImageVolumeSource>(
  "io.k8s.api.core.v1.ImageVolumeSource",
  "The content of an OCI image or artifact.",
  {
    reference: text({ field: 1, doc: "Image to mount." }),
    pullPolicy: text({
      field: 2,
      enum: ["Always", "IfNotPresent", "Never"],
      doc: "When to pull it: Always for the tag latest, IfNotPresent otherwise, unless set.",
    }),
  },
);
