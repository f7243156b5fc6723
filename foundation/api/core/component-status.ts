import { defineKind, type Kind, kindObject, type KubernetesObject, list, object, type Schema, text } from "@kubets/machinery";
import { nameColumn } from "../columns.ts";

/** Tells how a component of the control plane is doing. Deprecated; it can only be read. */
export interface ComponentStatus extends KubernetesObject {
  readonly conditions?: readonly ComponentCondition[];
}

/** One aspect of a component's state. */
export interface ComponentCondition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
  readonly error?: string;
}

const componentCondition: Schema<ComponentCondition> = object<ComponentCondition>(
  "io.k8s.api.core.v1.ComponentCondition",
  "One aspect of a component's state.",
  {
    type: text({ field: 1, required: true, doc: "What it is about: Healthy." }),
    status: text({ field: 2, required: true, doc: "Whether it holds: True, False or Unknown." }),
    message: text({ field: 3, doc: "What its health endpoint said." }),
    error: text({ field: 4, doc: "What went wrong when it was asked." }),
  },
);

const componentStatus: Schema<ComponentStatus> = kindObject<ComponentStatus>(
  "io.k8s.api.core.v1.ComponentStatus",
  "Tells how a component of the control plane is doing. Deprecated; it can only be read.",
  {
    conditions: list(componentCondition, {
      field: 2,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "How it is doing (Healthy).",
    }),
  },
);

export const ComponentStatusKind: Kind<ComponentStatus> = defineKind<ComponentStatus>({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  resource: "componentstatuses",
  shortNames: ["cs"],
  scope: "Cluster",
  schema: componentStatus,
  deprecation: "v1 ComponentStatus is deprecated in v1.19+",
  verbs: ["get", "list"],
  columns: [
    nameColumn,
    { name: "Status", type: "string", doc: "Whether it is well.", cell: (component) => healthOf(component) },
    { name: "Message", type: "string", doc: "What its health endpoint said.", cell: (component) => conditionOf(component)?.message ?? "" },
    { name: "Error", type: "string", doc: "What went wrong when it was asked.", cell: (component) => conditionOf(component)?.error ?? "" },
  ],
});

function conditionOf({ conditions = [] }: ComponentStatus): ComponentCondition | undefined {
  return conditions.find(({ type }) => type === "Healthy");
}

function healthOf(component: ComponentStatus): string {
  switch (conditionOf(component)?.status) {
    case "True":
      return "Healthy";
    case "False":
      return "Unhealthy";
    default:
      return "Unknown";
  }
}
