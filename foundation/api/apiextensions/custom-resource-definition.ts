import {
  bytes,
  type defaulted,
  defineKind,
  field,
  flag,
  integer,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  type Schema,
  string,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import { apiextensions, type JSONSchemaProps, jsonSchemaProps } from "./json-schema-props.ts";
import { completeDefinition, definitionStrategy } from "./definition-strategy.ts";

/** Declares a resource of one's own: its names, its versions and the schema of its objects. */
export interface CustomResourceDefinition extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: CustomResourceDefinitionSpec;
  readonly status: CustomResourceDefinitionStatus;
}

/** What the resource is to be. */
export interface CustomResourceDefinitionSpec {
  readonly group: string;
  readonly names: CustomResourceDefinitionNames;
  readonly scope: string;
  readonly versions: readonly CustomResourceDefinitionVersion[];
  readonly conversion?: CustomResourceConversion;
  readonly preserveUnknownFields?: boolean;
}

/** What the resource and its kind are called. */
export interface CustomResourceDefinitionNames {
  readonly plural: string;
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly kind: string;
  readonly listKind?: string;
  readonly categories?: readonly string[];
}

/** One version of the resource. */
export interface CustomResourceDefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly schema?: CustomResourceValidation;
  readonly subresources?: CustomResourceSubresources;
  readonly additionalPrinterColumns?: readonly CustomResourceColumnDefinition[];
  readonly selectableFields?: readonly SelectableField[];
}

/** What objects of a version look like. */
export interface CustomResourceValidation {
  readonly openAPIV3Schema?: JSONSchemaProps;
}

/** Parts of objects that are read and written apart. */
export interface CustomResourceSubresources {
  readonly status?: CustomResourceSubresourceStatus;
  readonly scale?: CustomResourceSubresourceScale;
}

/** The status is written apart from the rest. */
export type CustomResourceSubresourceStatus = Readonly<Record<string, never>>;

/** Where in an object the numbers of replicas are. */
export interface CustomResourceSubresourceScale {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** A column of `kubectl get`. */
export interface CustomResourceColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

/** A field by which objects can be selected. */
export interface SelectableField {
  readonly jsonPath: string;
}

/** How objects become objects of another version. */
export interface CustomResourceConversion {
  readonly strategy: string;
  readonly webhook?: WebhookConversion;
}

/** Who converts, and in which forms it can be asked. */
export interface WebhookConversion {
  readonly clientConfig?: ConversionClientConfig;
  readonly conversionReviewVersions: readonly string[];
}

/** How a webhook is reached. */
export interface ConversionClientConfig {
  readonly url?: string;
  readonly service?: ConversionServiceReference;
  readonly caBundle?: string;
}

/** The Service before a webhook. */
export interface ConversionServiceReference {
  readonly namespace: string;
  readonly name: string;
  readonly path?: string;
  readonly port?: number;
}

/** What the resource is. */
export interface CustomResourceDefinitionStatus {
  readonly [defaulted]?: "acceptedNames";
  readonly conditions?: readonly CustomResourceDefinitionCondition[];
  readonly acceptedNames: CustomResourceDefinitionNames;
  readonly storedVersions?: readonly string[];
  readonly observedGeneration?: number;
}

/** One thing that is so, or not, with the resource. */
export interface CustomResourceDefinitionCondition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

const given = { required: true, mayBeEmpty: true } as const;

const names: Schema<CustomResourceDefinitionNames> = object<CustomResourceDefinitionNames>(
  `${apiextensions}.CustomResourceDefinitionNames`,
  "What the resource and its kind are called.",
  {
    plural: text({ field: 1, ...given, doc: "The name in paths: lower case, plural." }),
    singular: text({ field: 2, doc: "The name of one, in lower case; that of the kind when left out." }),
    shortNames: list(string, { field: 3, listType: "atomic", doc: "Shorter names for kubectl." }),
    kind: text({ field: 4, ...given, doc: "The kind of the objects, in CamelCase." }),
    listKind: text({ field: 5, doc: "The kind of a list of objects; the kind and List when left out." }),
    categories: list(string, { field: 6, listType: "atomic", doc: "Groups of resources that kubectl gets together, such as all." }),
  },
);

const subresourceStatus: Schema<CustomResourceSubresourceStatus> = object<CustomResourceSubresourceStatus>(
  `${apiextensions}.CustomResourceSubresourceStatus`,
  "The status is written apart from the rest.",
  {},
);

const subresourceScale: Schema<CustomResourceSubresourceScale> = object<CustomResourceSubresourceScale>(
  `${apiextensions}.CustomResourceSubresourceScale`,
  "Where in an object the numbers of replicas are.",
  {
    specReplicasPath: text({ field: 1, ...given, doc: "The path below .spec of how many are wanted." }),
    statusReplicasPath: text({ field: 2, ...given, doc: "The path below .status of how many there are." }),
    labelSelectorPath: text({ field: 3, presence: "pointer", doc: "The path of the selector as text, which autoscalers need." }),
  },
);

const subresources: Schema<CustomResourceSubresources> = object<CustomResourceSubresources>(
  `${apiextensions}.CustomResourceSubresources`,
  "Parts of objects that are read and written apart.",
  {
    status: struct(subresourceStatus, { field: 1, presence: "pointer", doc: "The status is written apart from the rest." }),
    scale: struct(subresourceScale, { field: 2, presence: "pointer", doc: "Objects can be scaled." }),
  },
);

const column: Schema<CustomResourceColumnDefinition> = object<CustomResourceColumnDefinition>(
  `${apiextensions}.CustomResourceColumnDefinition`,
  "A column of kubectl get.",
  {
    name: text({ field: 1, ...given, doc: "Its heading." }),
    type: text({ field: 2, ...given, doc: "The type of its values: integer, number, string, boolean or date." }),
    format: text({ field: 3, doc: "The form of its values; name marks the column of names." }),
    description: text({ field: 4, doc: "What it shows." }),
    priority: integer({ field: 5, doc: "Above 0: shown by -o wide only." }),
    jsonPath: text({ field: 6, ...given, doc: "Where in the object the value is." }),
  },
);

const selectableField: Schema<SelectableField> = object<SelectableField>(
  `${apiextensions}.SelectableField`,
  "A field by which objects can be selected.",
  { jsonPath: text({ field: 1, ...given, doc: "Where in the object the field is, such as .spec.color." }) },
);

const validation: Schema<CustomResourceValidation> = object<CustomResourceValidation>(
  `${apiextensions}.CustomResourceValidation`,
  "What objects of a version look like.",
  { openAPIV3Schema: struct(jsonSchemaProps, { field: 1, presence: "pointer", doc: "The schema of the objects." }) },
);

const version: Schema<CustomResourceDefinitionVersion> = object<CustomResourceDefinitionVersion>(
  `${apiextensions}.CustomResourceDefinitionVersion`,
  "One version of the resource.",
  {
    name: text({ field: 1, ...given, doc: "Its name, such as v1beta1." }),
    served: flag({ field: 2, ...given, doc: "Whether it can be read and written." }),
    storage: flag({ field: 3, ...given, doc: "Whether objects are stored in it; true for exactly one." }),
    deprecated: flag({ field: 7, doc: "Requests for it are answered with a warning." }),
    deprecationWarning: text({ field: 8, presence: "pointer", doc: "What the warning says." }),
    schema: struct(validation, { field: 4, presence: "pointer", doc: "What its objects look like." }),
    subresources: struct(subresources, { field: 5, presence: "pointer", doc: "Which parts of objects are read and written apart." }),
    additionalPrinterColumns: list(column, { field: 6, listType: "atomic", doc: "The columns of kubectl get beside the name." }),
    selectableFields: list(selectableField, { field: 9, listType: "atomic", doc: "The fields by which objects can be selected." }),
  },
);

const serviceReference: Schema<ConversionServiceReference> = object<ConversionServiceReference>(
  `${apiextensions}.ServiceReference`,
  "The Service before a webhook.",
  {
    namespace: text({ field: 1, ...given, doc: "Its namespace." }),
    name: text({ field: 2, ...given, doc: "Its name." }),
    path: text({ field: 3, presence: "pointer", doc: "The path of the URL." }),
    port: integer({ field: 4, presence: "pointer", doc: "The port; 443 when left out." }),
  },
);

const clientConfig: Schema<ConversionClientConfig> = object<ConversionClientConfig>(
  `${apiextensions}.WebhookClientConfig`,
  "How a webhook is reached: by a URL or a Service.",
  {
    url: text({ field: 3, presence: "pointer", doc: "Its URL: https, a host that isn't a Service of the cluster, a path." }),
    service: struct(serviceReference, { field: 1, presence: "pointer", doc: "The Service before it." }),
    caBundle: field(bytes, { field: 2, doc: "PEM of the CA that signed its certificate; the system's when left out." }),
  },
);

const webhook: Schema<WebhookConversion> = object<WebhookConversion>(
  `${apiextensions}.WebhookConversion`,
  "Who converts, and in which forms it can be asked.",
  {
    clientConfig: struct(clientConfig, { field: 2, presence: "pointer", doc: "How it is reached." }),
    conversionReviewVersions: list(string, {
      field: 3,
      ...given,
      listType: "atomic",
      doc: "The versions of ConversionReview that it understands, most wanted first.",
    }),
  },
);

const conversion: Schema<CustomResourceConversion> = object<CustomResourceConversion>(
  `${apiextensions}.CustomResourceConversion`,
  "How objects become objects of another version.",
  {
    strategy: text({ field: 1, ...given, doc: "None: only apiVersion changes. Webhook: a server is asked." }),
    webhook: struct(webhook, { field: 2, presence: "pointer", doc: "The server that is asked." }),
  },
);

const spec: Schema<CustomResourceDefinitionSpec> = object<CustomResourceDefinitionSpec>(
  `${apiextensions}.CustomResourceDefinitionSpec`,
  "What the resource is to be.",
  {
    group: text({ field: 1, ...given, doc: "The API group; the object's name is PLURAL.GROUP." }),
    names: struct(names, { field: 3, required: true, doc: "What the resource and its kind are called." }),
    scope: text({ field: 4, ...given, doc: "Cluster or Namespaced." }),
    versions: list(version, { field: 7, ...given, listType: "atomic", doc: "Its versions." }),
    conversion: struct(conversion, { field: 9, presence: "pointer", doc: "How objects become objects of another version." }),
    preserveUnknownFields: flag({ field: 10, doc: "Only false is allowed: use x-kubernetes-preserve-unknown-fields in the schema." }),
  },
);

const condition: Schema<CustomResourceDefinitionCondition> = object<CustomResourceDefinitionCondition>(
  `${apiextensions}.CustomResourceDefinitionCondition`,
  "One thing that is so, or not, with the resource.",
  {
    type: text({
      field: 1,
      ...given,
      doc: "Established, NamesAccepted, NonStructuralSchema, Terminating or KubernetesAPIApprovalPolicyConformant.",
    }),
    status: text({ field: 2, ...given, doc: "True, False or Unknown." }),
    lastTransitionTime: field(time, { field: 3, doc: "When the status last changed." }),
    reason: text({ field: 4, doc: "Why, in one word." }),
    message: text({ field: 5, doc: "Why, for people." }),
    observedGeneration: integer({ field: 6, bits: 64, doc: "The generation of which it is said." }),
  },
);

const status: Schema<CustomResourceDefinitionStatus> = object<CustomResourceDefinitionStatus>(
  `${apiextensions}.CustomResourceDefinitionStatus`,
  "What the resource is.",
  {
    conditions: list(condition, {
      field: 1,
      listType: "map",
      mapKeys: ["type"],
      doc: "Whether its names are accepted, whether it is served, …",
    }),
    acceptedNames: struct(names, { field: 2, default: {}, doc: "The names that are in use." }),
    storedVersions: list(string, { field: 3, listType: "atomic", doc: "Every version in which objects may be stored." }),
    observedGeneration: integer({ field: 4, bits: 64, doc: "The generation that the controllers have seen." }),
  },
);

const customResourceDefinition: Schema<CustomResourceDefinition> = kindObject<CustomResourceDefinition>(
  `${apiextensions}.CustomResourceDefinition`,
  "Declares a resource of one's own: its names, its versions and the schema of its objects.",
  {
    spec: struct(spec, { field: 2, required: true, doc: "What the resource is to be." }),
    status: struct(status, { field: 3, default: {}, doc: "What the resource is." }),
  },
);

export const CustomResourceDefinitionKind: Kind<CustomResourceDefinition> = defineKind<CustomResourceDefinition>({
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  resource: "customresourcedefinitions",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  scope: "Cluster",
  schema: customResourceDefinition,
  subresources: { status: true },
  strategy: { ...definitionStrategy, defaults: completeDefinition },
});
