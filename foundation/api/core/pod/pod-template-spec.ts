import { type defaulted, object, type Schema, struct, type TemplateMeta, templateMeta } from "@kubets/machinery";
import { type PodSpec, podSpec } from "./pod-spec.ts";

export interface PodTemplateSpec {
  readonly [defaulted]?: "metadata";
  readonly metadata: TemplateMeta;
  readonly spec: PodSpec;
}

export const podTemplateSpec: Schema<PodTemplateSpec> = object<PodTemplateSpec>(
  "io.k8s.api.core.v1.PodTemplateSpec",
  "What the Pods made from a template get.",
  {
    metadata: struct(templateMeta, { field: 1, default: {}, doc: "Labels, annotations and the like of each Pod." }),
    spec: struct(podSpec, { field: 2, default: {}, doc: "What each Pod is to be." }),
  },
);
