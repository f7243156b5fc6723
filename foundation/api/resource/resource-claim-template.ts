import {
  type defaulted,
  defineKind,
  type FieldError,
  type Kind,
  kindObject,
  type KubernetesObject,
  object,
  type Schema,
  struct,
  type TemplateMeta,
  templateMeta,
  validateAnnotations,
  validateLabels,
} from "@kubets/machinery";
import { resourceClaimSpec, type ResourceClaimSpec } from "./resource-claim.ts";
import { ageColumn, nameColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";
import { withDeviceCounts } from "./device-claim.ts";
import { validateDeviceClaim } from "./device-claim-rules.ts";

/** Makes a ResourceClaim for each Pod that names it. */
export interface ResourceClaimTemplate extends KubernetesObject {
  readonly spec: ResourceClaimTemplateSpec;
}

/** The claims that a template makes. */
export interface ResourceClaimTemplateSpec {
  readonly [defaulted]?: "metadata";
  readonly metadata: TemplateMeta;
  readonly spec: ResourceClaimSpec;
}

const resourceClaimTemplateSpec: Schema<ResourceClaimTemplateSpec> = object<ResourceClaimTemplateSpec>(
  "io.k8s.api.resource.v1.ResourceClaimTemplateSpec",
  "The claims that a template makes.",
  {
    metadata: struct(templateMeta, { field: 1, default: {}, doc: "Labels and annotations of the claims." }),
    spec: struct(resourceClaimSpec, { field: 2, required: true, doc: "What the claims ask for." }),
  },
);

const resourceClaimTemplate: Schema<ResourceClaimTemplate> = kindObject<ResourceClaimTemplate>(
  "io.k8s.api.resource.v1.ResourceClaimTemplate",
  "Makes a ResourceClaim for each Pod that names it.",
  {
    spec: struct(resourceClaimTemplateSpec, { field: 2, required: true, doc: "The claims; never changes." }),
  },
);

export const ResourceClaimTemplateKind: Kind<ResourceClaimTemplate> = defineKind<ResourceClaimTemplate>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaimTemplate",
  resource: "resourceclaimtemplates",
  scope: "Namespaced",
  schema: resourceClaimTemplate,
  columns: [nameColumn, ageColumn],
  strategy: {
    answersDeleted: true,
    defaults: withClaimCounts,
    validate: validateTemplate,
    validateUpdate: ({ spec }, previous) => immutable("spec", spec, previous.spec),
  },
});

function withClaimCounts(template: ResourceClaimTemplate): ResourceClaimTemplate {
  const { spec } = template;
  return { ...template, spec: { ...spec, spec: { ...spec.spec, devices: withDeviceCounts(spec.spec.devices) } } };
}

function validateTemplate({ spec }: ResourceClaimTemplate): readonly FieldError[] {
  return [
    ...validateLabels(spec.metadata.labels, "spec.metadata.labels"),
    ...validateAnnotations(spec.metadata.annotations, "spec.metadata.annotations"),
    ...validateDeviceClaim(spec.spec.devices, "spec.spec.devices"),
  ];
}
