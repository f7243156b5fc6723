import {
  type defaulted,
  defineKind,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  map,
  object,
  type Quantity,
  quantity,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import { validateLimitRange } from "./limit-range-rules.ts";

/** Bounds and defaults for the resources of single Pods, containers and claims in a namespace. */
export interface LimitRange extends KubernetesObject {
  readonly [defaulted]?: "spec";
  readonly spec: LimitRangeSpec;
}

/** Bounds and defaults for the resources of single objects. */
export interface LimitRangeSpec {
  readonly limits: readonly LimitRangeItem[];
}

/** Bounds and defaults for one type of object. */
export interface LimitRangeItem {
  readonly type: string;
  readonly max?: Readonly<Record<string, Quantity>>;
  readonly min?: Readonly<Record<string, Quantity>>;
  readonly default?: Readonly<Record<string, Quantity>>;
  readonly defaultRequest?: Readonly<Record<string, Quantity>>;
  readonly maxLimitRequestRatio?: Readonly<Record<string, Quantity>>;
}

const limitRangeItem: Schema<LimitRangeItem> = object<LimitRangeItem>(
  "io.k8s.api.core.v1.LimitRangeItem",
  "Bounds and defaults for one type of object.",
  {
    type: text({ field: 1, required: true, mayBeEmpty: true, doc: "Pod, Container or PersistentVolumeClaim." }),
    max: map(quantity, { field: 2, doc: "The most of each resource." }),
    min: map(quantity, { field: 3, doc: "The least of each resource." }),
    default: map(quantity, { field: 4, doc: "The limits that containers get that name none." }),
    defaultRequest: map(quantity, { field: 5, doc: "The requests that containers get that name none." }),
    maxLimitRequestRatio: map(quantity, { field: 6, doc: "How many times its request a limit may be." }),
  },
);

const limitRangeSpec: Schema<LimitRangeSpec> = object<LimitRangeSpec>(
  "io.k8s.api.core.v1.LimitRangeSpec",
  "Bounds and defaults for the resources of single objects.",
  {
    limits: list(limitRangeItem, {
      field: 1,
      required: true,
      mayBeEmpty: true,
      listType: "atomic",
      doc: "One item for each type of object.",
    }),
  },
);

const limitRange: Schema<LimitRange> = kindObject<LimitRange>(
  "io.k8s.api.core.v1.LimitRange",
  "Bounds and defaults for the resources of single Pods, containers and claims in a namespace.",
  {
    spec: struct(limitRangeSpec, { field: 2, default: {}, doc: "The bounds and defaults." }),
  },
);

export const LimitRangeKind: Kind<LimitRange> = defineKind<LimitRange>({
  group: "",
  version: "v1",
  kind: "LimitRange",
  resource: "limitranges",
  shortNames: ["limits"],
  scope: "Namespaced",
  schema: limitRange,
  strategy: {
    createOnUpdate: true,
    defaults: (limitRange) => ({ ...limitRange, spec: { ...limitRange.spec, limits: limitRange.spec.limits.map(withContainerDefaults) } }),
    validate: validateLimitRange,
  },
});

/** Containers that name nothing get the most as their limit, and that limit, or the least, as their request. */
function withContainerDefaults(item: LimitRangeItem): LimitRangeItem {
  if (item.type !== "Container") return item;
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  return {
    ...item,
    ...(Object.keys(limits).length === 0 ? {} : { default: limits }),
    ...(Object.keys(requests).length === 0 ? {} : { defaultRequest: requests }),
  };
}
