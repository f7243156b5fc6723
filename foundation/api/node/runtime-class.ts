import {
  defineKind,
  duplicate,
  type FieldError,
  invalid,
  isDnsLabel,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  map,
  object,
  quantity,
  sameJson,
  type Schema,
  string,
  struct,
  text,
  validateLabels,
} from "@kubets/machinery";
import { type Toleration, toleration } from "../core/shared/taint.ts";
import { nameColumn, ageColumn } from "../columns.ts";
import { validateTolerations } from "../core/shared/validate-tolerations.ts";
import { validateOverhead } from "../core/pod/validation/resources.ts";
import { immutable } from "../immutable.ts";

/** Names a way to run containers that nodes offer, for Pods to ask for. */
export interface RuntimeClass extends KubernetesObject {
  readonly handler: string;
  readonly overhead?: Overhead;
  readonly scheduling?: Scheduling;
}

/** What running a Pod costs besides its containers. */
export interface Overhead {
  readonly podFixed?: Readonly<Record<string, string>>;
}

/** Which nodes can run Pods of a class. */
export interface Scheduling {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Toleration[];
}

const scheduling: Schema<Scheduling> = object<Scheduling>("io.k8s.api.node.v1.Scheduling", "Which nodes can run Pods of a class.", {
  nodeSelector: map(string, { field: 1, mapType: "atomic", doc: "Labels that such nodes have, besides those that the Pod asks for." }),
  tolerations: list(toleration, {
    field: 2,
    listType: "atomic",
    doc: "Tolerations that Pods of the class get, to be let onto such nodes.",
  }),
});

const overhead: Schema<Overhead> = object<Overhead>("io.k8s.api.node.v1.Overhead", "What running a Pod costs besides its containers.", {
  podFixed: map(quantity, { field: 1, doc: "How much of each resource." }),
});

const runtimeClass: Schema<RuntimeClass> = kindObject<RuntimeClass>(
  "io.k8s.api.node.v1.RuntimeClass",
  "Names a way to run containers that nodes offer, for Pods to ask for.",
  {
    handler: text({
      field: 2,
      required: true,
      mayBeEmpty: true,
      doc: "What the container runtime of the nodes knows it by; never changes.",
    }),
    overhead: struct(overhead, { field: 3, presence: "pointer", doc: "What running a Pod this way costs besides its containers." }),
    scheduling: struct(scheduling, { field: 4, presence: "pointer", doc: "Which nodes can run Pods this way; all where nothing is said." }),
  },
);

export const RuntimeClassKind: Kind<RuntimeClass> = defineKind<RuntimeClass>({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  resource: "runtimeclasses",
  scope: "Cluster",
  schema: runtimeClass,
  columns: [nameColumn, { name: "Handler", type: "string", doc: "What nodes know it by.", cell: ({ handler }) => handler }, ageColumn],
  strategy: {
    unconditionalUpdate: false,
    validate: validateRuntimeClass,
    validateUpdate: ({ handler }, previous) => immutable("handler", handler, previous.handler),
  },
});

function validateRuntimeClass({ handler, overhead, scheduling }: RuntimeClass): readonly FieldError[] {
  return [
    ...isDnsLabel(handler).map((message) => invalid("handler", handler, message)),
    ...(overhead?.podFixed === undefined ? [] : validateOverhead(overhead.podFixed, "overhead")),
    ...(scheduling === undefined ? [] : validateScheduling(scheduling, "scheduling")),
  ];
}

function validateScheduling({ nodeSelector, tolerations = [] }: Scheduling, path: string): readonly FieldError[] {
  const list = `${path}.tolerations`;
  return [
    ...validateLabels(nodeSelector, `${path}.nodeSelector`),
    ...validateTolerations(tolerations, list),
    ...tolerations.flatMap((toleration, index) =>
      tolerations.slice(0, index).some((each) => sameJson(each, toleration)) ? [duplicate(`${list}[${index}]`, toleration)] : [],
    ),
  ];
}
