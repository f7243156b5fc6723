import {
  type defaulted,
  defineKind,
  integer,
  type Kind,
  kindObject,
  type KubernetesObject,
  object,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import { ageColumn } from "../columns.ts";

/** How many replicas an object has, whatever its kind: what `scale` subresources read and write. */
export interface Scale extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: ScaleSpec;
  readonly status: ScaleStatus;
}

/** How many replicas an object should have. */
export interface ScaleSpec {
  readonly replicas?: number;
}

/** How many replicas an object has. */
export interface ScaleStatus {
  readonly [defaulted]?: "replicas";
  readonly replicas: number;
  readonly selector?: string;
}

const scaleSpec: Schema<ScaleSpec> = object<ScaleSpec>("io.k8s.api.autoscaling.v1.ScaleSpec", "How many replicas an object should have.", {
  replicas: integer({ field: 1, minimum: 0, doc: "The wanted number." }),
});

const scaleStatus: Schema<ScaleStatus> = object<ScaleStatus>("io.k8s.api.autoscaling.v1.ScaleStatus", "How many replicas an object has.", {
  replicas: integer({ field: 1, required: true, default: 0, doc: "The present number." }),
  selector: text({ field: 2, doc: "Which Pods these are, in the form of `kubectl get -l`." }),
});

const scale: Schema<Scale> = kindObject<Scale>(
  "io.k8s.api.autoscaling.v1.Scale",
  "How many replicas an object has, whatever its kind: what `scale` subresources read and write.",
  {
    spec: struct(scaleSpec, { field: 2, default: {}, doc: "How many it should have." }),
    status: struct(scaleStatus, { field: 3, default: {}, doc: "How many it has." }),
  },
);

/** Spoken by the subresource `scale` of the kinds that have replicas; there is no resource of its own. */
export const ScaleKind: Kind<Scale> = defineKind<Scale>({
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  resource: "",
  scope: "Namespaced",
  schema: scale,
  verbs: ["get", "update", "patch"],
  columns: [
    { name: "Name", type: "string", doc: "The name of the object that has the replicas.", cell: ({ metadata }) => metadata.name },
    { name: "Desired", type: "integer", doc: "How many replicas it should have.", cell: ({ spec }) => spec.replicas ?? 0 },
    { name: "Available", type: "integer", doc: "How many replicas it has.", cell: ({ status }) => status.replicas },
    ageColumn,
  ],
});
