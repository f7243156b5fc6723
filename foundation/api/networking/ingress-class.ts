import {
  byteLength,
  type defaulted,
  defineKind,
  type FieldError,
  forbidden,
  invalid,
  isDnsLabel,
  isDnsSubdomain,
  type Kind,
  kindObject,
  type KubernetesObject,
  notSupported,
  object,
  required,
  type Schema,
  struct,
  text,
  tooLong,
} from "@kubets/machinery";
import { nameColumn, ageColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";
import { validateDomainPrefixedPath, validatePathSegment } from "./references.ts";

/** Names a controller that serves Ingresses, and how it should. */
export interface IngressClass extends KubernetesObject {
  readonly [defaulted]?: "spec";
  readonly spec: IngressClassSpec;
}

/** Which controller serves the Ingresses of a class, and how. */
export interface IngressClassSpec {
  readonly controller?: string;
  readonly parameters?: IngressClassParametersReference;
}

/** An object with the configuration of a class. */
export interface IngressClassParametersReference {
  readonly [defaulted]?: "scope";
  readonly apiGroup?: string;
  readonly kind: string;
  readonly name: string;
  readonly scope: string;
  readonly namespace?: string;
}

const ingressClassParametersReference: Schema<IngressClassParametersReference> = object<IngressClassParametersReference>(
  "io.k8s.api.networking.v1.IngressClassParametersReference",
  "An object with the configuration of a class.",
  {
    apiGroup: text({ field: 1, presence: "pointer", doc: "Its API group; absent for the core group." }),
    kind: text({ field: 2, required: true, doc: "Its kind." }),
    name: text({ field: 3, required: true, doc: "Its name." }),
    scope: text({
      field: 4,
      presence: "pointer",
      default: "Cluster",
      doc: "Whether it is of the cluster or of a namespace: Cluster or Namespace.",
    }),
    namespace: text({ field: 5, presence: "pointer", doc: "Its namespace, where it is of one." }),
  },
);

const ingressClassSpec: Schema<IngressClassSpec> = object<IngressClassSpec>(
  "io.k8s.api.networking.v1.IngressClassSpec",
  "Which controller serves the Ingresses of a class, and how.",
  {
    controller: text({ field: 1, doc: "The controller, as a path below its domain such as `example.com/ingress`; never changes." }),
    parameters: struct(ingressClassParametersReference, {
      field: 2,
      presence: "pointer",
      doc: "An object with further configuration for the controller.",
    }),
  },
);

const ingressClass: Schema<IngressClass> = kindObject<IngressClass>(
  "io.k8s.api.networking.v1.IngressClass",
  "Names a controller that serves Ingresses, and how it should.",
  {
    spec: struct(ingressClassSpec, { field: 2, default: {}, doc: "Which controller, and its parameters." }),
  },
);

export const IngressClassKind: Kind<IngressClass> = defineKind<IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  resource: "ingressclasses",
  scope: "Cluster",
  schema: ingressClass,
  columns: [
    nameColumn,
    { name: "Controller", type: "string", doc: "Who serves the Ingresses of the class.", cell: ({ spec }) => spec.controller ?? "" },
    { name: "Parameters", type: "string", doc: "The object with its configuration.", cell: ({ spec }) => parametersText(spec.parameters) },
    ageColumn,
  ],
  strategy: {
    generation: true,
    validate: validateIngressClass,
    validateUpdate: ({ spec }, previous) => immutable("spec.controller", spec.controller, previous.spec.controller),
  },
});

const isDefaultAnnotation = "ingressclass.kubernetes.io/is-default-class";

/** Whether Ingresses that name no class get this one. */
export function isDefaultIngressClass({ metadata }: IngressClass): boolean {
  return metadata.annotations?.[isDefaultAnnotation] === "true";
}

function parametersText(parameters: IngressClassParametersReference | undefined): string {
  if (parameters === undefined) return "<none>";
  const { apiGroup, kind, name } = parameters;
  return `${kind}${apiGroup === undefined ? "" : `.${apiGroup}`}/${name}`;
}

const longestController = 250;

function validateIngressClass({ spec }: IngressClass): readonly FieldError[] {
  const { controller = "", parameters } = spec;
  return [
    ...(byteLength(controller) > longestController ? [tooLong("spec.controller", longestController)] : []),
    ...validateDomainPrefixedPath(controller, "spec.controller"),
    ...(parameters === undefined ? [] : validateParameters(parameters, "spec.parameters")),
  ];
}

function validateParameters(parameters: IngressClassParametersReference, path: string): readonly FieldError[] {
  const { apiGroup, kind, name } = parameters;
  return [
    ...(apiGroup === undefined ? [] : isDnsSubdomain(apiGroup).map((message) => invalid(`${path}.apiGroup`, apiGroup, message))),
    ...validatePathSegment(kind, `${path}.kind`),
    ...validatePathSegment(name, `${path}.name`),
    ...validateScope(parameters, path),
  ];
}

function validateScope({ scope, namespace }: IngressClassParametersReference, path: string): readonly FieldError[] {
  switch (scope) {
    case "Cluster":
      return namespace === undefined ? [] : [forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'")];
    case "Namespace":
      return namespace === undefined
        ? [required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'")]
        : isDnsLabel(namespace).map((message) => invalid(`${path}.namespace`, namespace, message));
    default:
      return [notSupported(`${path}.scope`, scope, ["Cluster", "Namespace"])];
  }
}
