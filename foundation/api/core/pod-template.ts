import {
  type defaulted,
  defineKind,
  formatLabels,
  type Kind,
  kindObject,
  type KubernetesObject,
  type Schema,
  struct,
} from "@kubets/machinery";
import { podTemplateColumns } from "../apps/pod-template-columns.ts";
import { nameColumn } from "../columns.ts";
import { defaultPodTemplateSpec } from "./pod/defaults.ts";
import { podTemplateSpec, type PodTemplateSpec } from "./pod/pod-template-spec.ts";
import { validatePodTemplateSpec } from "./pod/validation/pod.ts";

/** A template of Pods that stands by itself. */
export interface PodTemplate extends KubernetesObject {
  readonly [defaulted]?: "template";
  readonly template: PodTemplateSpec;
}

const podTemplate: Schema<PodTemplate> = kindObject<PodTemplate>(
  "io.k8s.api.core.v1.PodTemplate",
  "A template of Pods that stands by itself.",
  {
    template: struct(podTemplateSpec, { field: 2, default: {}, doc: "The Pods to make." }),
  },
);

export const PodTemplateKind: Kind<PodTemplate> = defineKind<PodTemplate>({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  resource: "podtemplates",
  scope: "Namespaced",
  schema: podTemplate,
  columns: [
    nameColumn,
    ...podTemplateColumns<PodTemplate>(({ template }) => template).map((column) => ({ ...column, priority: 0 as const })),
    {
      name: "Pod Labels",
      type: "string",
      doc: "The labels of the Pods to make.",
      cell: ({ template }) => formatLabels(template.metadata.labels),
    },
  ],
  strategy: {
    answersDeleted: true,
    createOnUpdate: true,
    generation: true,
    defaults: (podTemplate) => ({ ...podTemplate, template: defaultPodTemplateSpec(podTemplate.template) }),
    validate: ({ template }) => validatePodTemplateSpec(template, "template"),
  },
});
