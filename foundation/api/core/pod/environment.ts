import { type defaulted, embedded, field, flag, object, type Quantity, quantity, type Schema, struct, text } from "@kubets/machinery";
import { localObjectReference } from "../shared/object-reference.ts";

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: EnvVarSource;
}

export interface EnvVarSource {
  readonly fieldRef?: ObjectFieldSelector;
  readonly resourceFieldRef?: ResourceFieldSelector;
  readonly configMapKeyRef?: ConfigMapKeySelector;
  readonly secretKeyRef?: SecretKeySelector;
  readonly fileKeyRef?: FileKeySelector;
}

export interface ObjectFieldSelector {
  readonly [defaulted]?: "apiVersion";
  readonly apiVersion: string;
  readonly fieldPath: string;
}

export interface ResourceFieldSelector {
  readonly containerName?: string;
  readonly resource: string;
  readonly divisor?: Quantity;
}

export interface ConfigMapKeySelector {
  readonly [defaulted]?: "name";
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

export interface SecretKeySelector {
  readonly [defaulted]?: "name";
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

export interface FileKeySelector {
  readonly [defaulted]?: "optional";
  readonly volumeName: string;
  readonly path: string;
  readonly key: string;
  readonly optional: boolean;
}

export interface EnvFromSource {
  readonly prefix?: string;
  readonly configMapRef?: ConfigMapEnvSource;
  readonly secretRef?: SecretEnvSource;
}

export interface ConfigMapEnvSource {
  readonly [defaulted]?: "name";
  readonly name: string;
  readonly optional?: boolean;
}

export interface SecretEnvSource {
  readonly [defaulted]?: "name";
  readonly name: string;
  readonly optional?: boolean;
}

export const objectFieldSelector: Schema<ObjectFieldSelector> = object<ObjectFieldSelector>(
  "io.k8s.api.core.v1.ObjectFieldSelector",
  "A field of the Pod.",
  {
    apiVersion: text({ field: 1, default: "v1", doc: "API version in which the path is read." }),
    fieldPath: text({ field: 2, required: true, doc: "Path of the field, such as metadata.name or metadata.labels['app']." }),
  },
  { atomic: true },
);

export const resourceFieldSelector: Schema<ResourceFieldSelector> = object<ResourceFieldSelector>(
  "io.k8s.api.core.v1.ResourceFieldSelector",
  "A request or limit of a container.",
  {
    containerName: text({ field: 1, doc: "Container that is meant: needed in volumes, that of the variable otherwise." }),
    resource: text({ field: 2, required: true, doc: "Which one, such as limits.cpu or requests.memory." }),
    divisor: field(quantity, { field: 3, doc: "Unit in which the value is given; 1 when absent." }),
  },
  { atomic: true },
);

export const configMapKeySelector: Schema<ConfigMapKeySelector> = object<ConfigMapKeySelector>(
  "io.k8s.api.core.v1.ConfigMapKeySelector",
  "A key of a ConfigMap.",
  {
    ...embedded(localObjectReference, { field: 1 }),
    key: text({ field: 2, required: true, doc: "Key whose value is taken." }),
    optional: flag({ field: 3, presence: "pointer", doc: "Whether the ConfigMap or its key may be missing." }),
  },
  { atomic: true },
);

export const secretKeySelector: Schema<SecretKeySelector> = object<SecretKeySelector>(
  "io.k8s.api.core.v1.SecretKeySelector",
  "A key of a Secret.",
  {
    ...embedded(localObjectReference, { field: 1 }),
    key: text({ field: 2, required: true, doc: "Key whose value is taken." }),
    optional: flag({ field: 3, presence: "pointer", doc: "Whether the Secret or its key may be missing." }),
  },
  { atomic: true },
);

export const fileKeySelector: Schema<FileKeySelector> = object<FileKeySelector>(
  "io.k8s.api.core.v1.FileKeySelector",
  "A variable in a file of KEY=value lines on a volume of the Pod.",
  {
    volumeName: text({ field: 1, required: true, doc: "Volume that holds the file." }),
    path: text({ field: 2, required: true, doc: 'Path of the file within the volume, relative and without "..".' }),
    key: text({ field: 3, required: true, doc: "Name of the variable in the file." }),
    optional: flag({ field: 4, presence: "pointer", default: false, doc: "Whether the file or the variable may be missing." }),
  },
  { atomic: true },
);

export const envVarSource: Schema<EnvVarSource> = object<EnvVarSource>(
  "io.k8s.api.core.v1.EnvVarSource",
  "Where the value of a variable comes from. Exactly one is set.",
  {
    fieldRef: struct(objectFieldSelector, { field: 1, presence: "pointer", doc: "A field of the Pod itself." }),
    resourceFieldRef: struct(resourceFieldSelector, { field: 2, presence: "pointer", doc: "A request or limit of a container." }),
    configMapKeyRef: struct(configMapKeySelector, { field: 3, presence: "pointer", doc: "A key of a ConfigMap." }),
    secretKeyRef: struct(secretKeySelector, { field: 4, presence: "pointer", doc: "A key of a Secret." }),
    fileKeyRef: struct(fileKeySelector, { field: 5, presence: "pointer", doc: "A variable in a file on one of the Pod's volumes." }),
  },
);

export const envVar: Schema<EnvVar> = object<EnvVar>("io.k8s.api.core.v1.EnvVar", "An environment variable.", {
  name: text({ field: 1, required: true, doc: "Name of the variable." }),
  value: text({ field: 2, doc: "Value; $(NAME) is replaced by an earlier variable, $$(NAME) is kept as $(NAME)." }),
  valueFrom: struct(envVarSource, { field: 3, presence: "pointer", doc: "Where the value comes from, instead of being written here." }),
});

export const configMapEnvSource: Schema<ConfigMapEnvSource> = object<ConfigMapEnvSource>(
  "io.k8s.api.core.v1.ConfigMapEnvSource",
  "A ConfigMap whose entries become variables.",
  {
    ...embedded(localObjectReference, { field: 1 }),
    optional: flag({ field: 2, presence: "pointer", doc: "Whether the ConfigMap may be missing." }),
  },
);

export const secretEnvSource: Schema<SecretEnvSource> = object<SecretEnvSource>(
  "io.k8s.api.core.v1.SecretEnvSource",
  "A Secret whose entries become variables.",
  {
    ...embedded(localObjectReference, { field: 1 }),
    optional: flag({ field: 2, presence: "pointer", doc: "Whether the Secret may be missing." }),
  },
);

export const envFromSource: Schema<EnvFromSource> = object<EnvFromSource>(
  "io.k8s.api.core.v1.EnvFromSource",
  "Makes a variable of every entry of a ConfigMap or Secret.",
  {
    prefix: text({ field: 1, doc: "Text put before each name." }),
    configMapRef: struct(configMapEnvSource, { field: 2, presence: "pointer", doc: "The ConfigMap." }),
    secretRef: struct(secretEnvSource, { field: 3, presence: "pointer", doc: "The Secret." }),
  },
);
