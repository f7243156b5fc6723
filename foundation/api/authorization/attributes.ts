import {
  type FieldError,
  invalid,
  type LabelSelectorRequirement,
  labelSelectorRequirement,
  list,
  object,
  required,
  type Schema,
  string,
  struct,
  text,
} from "@kubets/machinery";

/** What would be done to a resource. */
export interface ResourceAttributes {
  readonly namespace?: string;
  readonly verb?: string;
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly fieldSelector?: FieldSelectorAttributes;
  readonly labelSelector?: LabelSelectorAttributes;
}

/** What would be done to a path that isn't a resource. */
export interface NonResourceAttributes {
  readonly path?: string;
  readonly verb?: string;
}

/** A field selector, raw or parsed, not both. */
export interface FieldSelectorAttributes {
  readonly rawSelector?: string;
  readonly requirements?: readonly FieldSelectorRequirement[];
}

/** One condition on a field. */
export interface FieldSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** A label selector, raw or parsed, not both. */
export interface LabelSelectorAttributes {
  readonly rawSelector?: string;
  readonly requirements?: readonly LabelSelectorRequirement[];
}

const fieldSelectorRequirement: Schema<FieldSelectorRequirement> = object<FieldSelectorRequirement>(
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement",
  "One condition on a field.",
  {
    key: text({ field: 1, required: true, mayBeEmpty: true, doc: "The path of the field." }),
    operator: text({ field: 2, required: true, mayBeEmpty: true, doc: "In, NotIn, Exists or DoesNotExist; others may come." }),
    values: list(string, { field: 3, listType: "atomic", doc: "The values for In and NotIn; none for Exists and DoesNotExist." }),
  },
);

const fieldSelectorAttributes: Schema<FieldSelectorAttributes> = object<FieldSelectorAttributes>(
  "io.k8s.api.authorization.v1.FieldSelectorAttributes",
  "A field selector, raw or parsed, not both.",
  {
    rawSelector: text({ field: 1, doc: "As it stands in a request's query." }),
    requirements: list(fieldSelectorRequirement, { field: 2, listType: "atomic", doc: "Its parts, all of which must hold." }),
  },
);

const labelSelectorAttributes: Schema<LabelSelectorAttributes> = object<LabelSelectorAttributes>(
  "io.k8s.api.authorization.v1.LabelSelectorAttributes",
  "A label selector, raw or parsed, not both.",
  {
    rawSelector: text({ field: 1, doc: "As it stands in a request's query." }),
    requirements: list(labelSelectorRequirement, { field: 2, listType: "atomic", doc: "Its parts, all of which must hold." }),
  },
);

export const resourceAttributes: Schema<ResourceAttributes> = object<ResourceAttributes>(
  "io.k8s.api.authorization.v1.ResourceAttributes",
  "What would be done to a resource.",
  {
    namespace: text({ field: 1, doc: "The namespace; empty for all of them, or for cluster scope." }),
    verb: text({ field: 2, doc: "Such as get, list or create; `*` for all." }),
    group: text({ field: 3, doc: "The API group; `*` for all." }),
    version: text({ field: 4, doc: "The API version; `*` for all." }),
    resource: text({ field: 5, doc: "The resource; `*` for all." }),
    subresource: text({ field: 6, doc: "The subresource, if any." }),
    name: text({ field: 7, doc: "The object's name; empty for all." }),
    fieldSelector: struct(fieldSelectorAttributes, { field: 8, presence: "pointer", doc: "Only objects with these fields." }),
    labelSelector: struct(labelSelectorAttributes, { field: 9, presence: "pointer", doc: "Only objects with these labels." }),
  },
);

export const nonResourceAttributes: Schema<NonResourceAttributes> = object<NonResourceAttributes>(
  "io.k8s.api.authorization.v1.NonResourceAttributes",
  "What would be done to a path that isn't a resource.",
  {
    path: text({ field: 1, doc: "The URL's path." }),
    verb: text({ field: 2, doc: "The HTTP method in lower case." }),
  },
);

interface Attributes {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

/** A review asks about a resource or about another path, about one of them only. */
export function validateAttributes({ resourceAttributes, nonResourceAttributes }: Attributes): readonly FieldError[] {
  if (resourceAttributes === undefined) {
    return nonResourceAttributes === undefined
      ? [invalid("spec.resourceAttributes", null, "exactly one of nonResourceAttributes or resourceAttributes must be specified")]
      : [];
  }
  const path = "spec.resourceAttributes";
  return [
    ...(nonResourceAttributes === undefined
      ? []
      : [invalid("spec.nonResourceAttributes", nonResourceAttributes, "cannot be specified in combination with resourceAttributes")]),
    ...validateSelector(resourceAttributes.fieldSelector, `${path}.fieldSelector`),
    ...validateSelector(resourceAttributes.labelSelector, `${path}.labelSelector`),
  ];
}

interface SelectorAttributes {
  readonly rawSelector?: string;
  readonly requirements?: readonly unknown[];
}

function validateSelector(selector: SelectorAttributes | undefined, path: string): readonly FieldError[] {
  if (selector === undefined) return [];
  const { rawSelector = "", requirements = [] } = selector;
  if (rawSelector !== "" && requirements.length > 0) {
    return [invalid(`${path}.rawSelector`, rawSelector, "may not specified at the same time as requirements")];
  }
  if (rawSelector !== "" || requirements.length > 0) return [];
  return [required(`${path}.requirements`, `when ${path} is specified, requirements or rawSelector is required`)];
}
