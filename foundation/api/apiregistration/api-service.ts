import {
  type Base64,
  bytes,
  type defaulted,
  defineKind,
  field,
  type FieldError,
  flag,
  formatTime,
  integer,
  invalid,
  isDns1035Label,
  isDnsSubdomain,
  isPortNumber,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  notSupported,
  object,
  required,
  type Schema,
  struct,
  text,
  time,
  type Time,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { base64Length } from "../core/data.ts";

/** Says who serves a version of an API group: this server, or one behind it. */
export interface APIService extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: APIServiceSpec;
  readonly status: APIServiceStatus;
}

/** Who serves a version of an API group. */
export interface APIServiceSpec {
  readonly service?: ApiregistrationV1ServiceReference;
  readonly group?: string;
  readonly version?: string;
  readonly insecureSkipTLSVerify?: boolean;
  readonly caBundle?: Base64;
  readonly groupPriorityMinimum: number;
  readonly versionPriority: number;
}

/** A port of a Service. */
export interface ApiregistrationV1ServiceReference {
  readonly [defaulted]?: "port";
  readonly namespace?: string;
  readonly name?: string;
  readonly port: number;
}

/** Whether a server can be reached. */
export interface APIServiceStatus {
  readonly conditions?: readonly APIServiceCondition[];
}

/** One aspect of the state of an APIService. */
export interface APIServiceCondition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

const apiServiceCondition: Schema<APIServiceCondition> = object<APIServiceCondition>(
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition",
  "One aspect of the state of an APIService.",
  {
    type: text({ field: 1, required: true, doc: "What it is about." }),
    status: text({ field: 2, required: true, doc: "Whether it holds: True, False or Unknown." }),
    lastTransitionTime: field(time, { field: 3, doc: "When the status last changed." }),
    reason: text({ field: 4, doc: "Why, as one CamelCase word." }),
    message: text({ field: 5, doc: "Why, as a sentence for people." }),
  },
);

const apiServiceStatus: Schema<APIServiceStatus> = object<APIServiceStatus>(
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus",
  "Whether a server can be reached.",
  {
    conditions: list(apiServiceCondition, {
      field: 1,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "What there is to know of it (Available).",
    }),
  },
);

const serviceReference: Schema<ApiregistrationV1ServiceReference> = object<ApiregistrationV1ServiceReference>(
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference",
  "A port of a Service.",
  {
    namespace: text({ field: 1, doc: "The Service's namespace." }),
    name: text({ field: 2, doc: "The Service's name." }),
    port: integer({ field: 3, presence: "pointer", default: 443, doc: "The port." }),
  },
);

const apiServiceSpec: Schema<APIServiceSpec> = object<APIServiceSpec>(
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec",
  "Who serves a version of an API group.",
  {
    service: struct(serviceReference, {
      field: 1,
      presence: "pointer",
      doc: "The Service of the server behind this one; this server itself serves it where none is named.",
    }),
    group: text({ field: 2, doc: "The API group; empty for the core group." }),
    version: text({ field: 3, doc: "The version." }),
    insecureSkipTLSVerify: flag({ field: 4, doc: "Whether the server's certificate is taken as it is; not together with caBundle." }),
    caBundle: field(bytes, { field: 5, listType: "atomic", doc: "Certificates in PEM, by which the server's own is checked." }),
    groupPriorityMinimum: integer({
      field: 7,
      required: true,
      doc: "Where the group stands among the groups: the higher, the earlier; at most 20000.",
    }),
    versionPriority: integer({
      field: 8,
      required: true,
      doc: "Where the version stands among those of its group: the higher, the earlier; at most 1000.",
    }),
  },
);

const apiService: Schema<APIService> = kindObject<APIService>(
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService",
  "Says who serves a version of an API group: this server, or one behind it.",
  {
    spec: struct(apiServiceSpec, { field: 2, default: {}, doc: "Who serves it, and where it stands among the others." }),
    status: struct(apiServiceStatus, { field: 3, default: {}, doc: "Whether it can be reached." }),
  },
);

export const APIServiceKind: Kind<APIService> = defineKind<APIService>({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  resource: "apiservices",
  categories: ["api-extensions"],
  scope: "Cluster",
  schema: apiService,
  subresources: { status: true },
  columns: [
    nameColumn,
    {
      name: "Service",
      type: "string",
      doc: "The Service of the server behind this one.",
      cell: ({ spec }) => (spec.service === undefined ? "Local" : `${spec.service.namespace ?? ""}/${spec.service.name ?? ""}`),
    },
    { name: "Available", type: "string", doc: "Whether it can be reached.", cell: ({ status }) => availabilityOf(status) },
    ageColumn,
  ],
  strategy: {
    // The name ends in a dot where the group is empty, which is checked below.
    name: "pathSegment",
    unconditionalUpdate: false,
    // What this server itself serves needs nobody to look after it.
    prepareForCreate: (service, { now }) =>
      service.spec.service === undefined
        ? { ...service, status: { conditions: [{ ...locallyAvailable, lastTransitionTime: formatTime(now) }] } }
        : service,
    validate: validateAPIService,
    validateStatusUpdate: validateAPIServiceStatus,
  },
});

function availabilityOf({ conditions = [] }: APIServiceStatus): string {
  const available = conditions.find(({ type }) => type === "Available");
  if (available === undefined) return "Unknown";
  return available.status === "True" ? "True" : `${available.status} (${available.reason ?? ""})`;
}

/** What is said of an APIService that names no other server. */
export const locallyAvailable: APIServiceCondition = {
  type: "Available",
  status: "True",
  reason: "Local",
  message: "Local APIServices are always available",
};

const highestGroupPriority = 20_000;
const highestVersionPriority = 1000;

function validateAPIService({ metadata, spec }: APIService): readonly FieldError[] {
  const { group = "", version = "", groupPriorityMinimum, versionPriority, service } = spec;
  const name = `${version}.${group}`;
  return [
    ...(metadata.name === name
      ? []
      : [invalid("metadata.name", metadata.name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`)]),
    ...(group === "" && version !== "v1" ? [required("spec.group", "only v1 may have an empty group and it better be legacy kube")] : []),
    ...(group === "" ? [] : isDnsSubdomain(group).map((message) => invalid("spec.group", group, message))),
    ...isDns1035Label(version).map((message) => invalid("spec.version", version, message)),
    ...(groupPriorityMinimum <= 0 || groupPriorityMinimum > highestGroupPriority
      ? [invalid("spec.groupPriorityMinimum", groupPriorityMinimum, `must be positive and less than ${highestGroupPriority}`)]
      : []),
    ...(versionPriority <= 0 || versionPriority > highestVersionPriority
      ? [invalid("spec.versionPriority", versionPriority, `must be positive and less than ${highestVersionPriority}`)]
      : []),
    ...(service === undefined ? validateLocal(spec) : validateRemote(spec, service)),
  ];
}

function validateLocal({ caBundle = "", insecureSkipTLSVerify = false }: APIServiceSpec): readonly FieldError[] {
  return [
    ...(caBundle === "" ? [] : [invalid("spec.caBundle", `${base64Length(caBundle)} bytes`, "local APIServices may not have a caBundle")]),
    ...(insecureSkipTLSVerify
      ? [invalid("spec.insecureSkipTLSVerify", insecureSkipTLSVerify, "local APIServices may not have insecureSkipTLSVerify")]
      : []),
  ];
}

function validateRemote(spec: APIServiceSpec, service: ApiregistrationV1ServiceReference): readonly FieldError[] {
  const { caBundle = "", insecureSkipTLSVerify = false } = spec;
  const { namespace = "", name = "", port } = service;
  const portProblems = isPortNumber(port);
  return [
    ...(namespace === "" ? [required("spec.service.namespace")] : []),
    ...(name === "" ? [required("spec.service.name")] : []),
    ...(portProblems.length === 0 ? [] : [invalid("spec.service.port", port, `port is not valid: ${portProblems.join(", ")}`)]),
    ...(insecureSkipTLSVerify && caBundle !== ""
      ? [invalid("spec.insecureSkipTLSVerify", insecureSkipTLSVerify, "may not be true if caBundle is present")]
      : []),
  ];
}

const statuses = ["True", "False", "Unknown"];

function validateAPIServiceStatus({ status }: APIService): readonly FieldError[] {
  return (status.conditions ?? []).flatMap((condition, index) =>
    statuses.includes(condition.status) ? [] : [notSupported(`status.conditions[${index}].status`, condition.status, statuses)],
  );
}
