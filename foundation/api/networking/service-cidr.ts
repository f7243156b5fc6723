import {
  condition,
  type Condition,
  type defaulted,
  defineKind,
  type FieldError,
  immutableText,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  required,
  type Schema,
  string,
  struct,
} from "@kubets/machinery";
import { nameColumn, ageColumn } from "../columns.ts";
import { ipFamilyOfRange, validateCanonicalIpRange } from "../ip-address.ts";

/** Ranges from which Services get their addresses. */
export interface ServiceCIDR extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: ServiceCIDRSpec;
  readonly status: ServiceCIDRStatus;
}

/** Ranges of Service addresses. */
export interface ServiceCIDRSpec {
  readonly cidrs?: readonly string[];
}

/** Whether addresses are given out of ranges. */
export interface ServiceCIDRStatus {
  readonly conditions?: readonly Condition[];
}

const serviceCIDRStatus: Schema<ServiceCIDRStatus> = object<ServiceCIDRStatus>(
  "io.k8s.api.networking.v1.ServiceCIDRStatus",
  "Whether addresses are given out of ranges.",
  {
    conditions: list(condition, {
      field: 1,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "What there is to know of it (Ready).",
    }),
  },
);

const serviceCIDRSpec: Schema<ServiceCIDRSpec> = object<ServiceCIDRSpec>(
  "io.k8s.api.networking.v1.ServiceCIDRSpec",
  "Ranges of Service addresses.",
  {
    cidrs: list(string, { field: 1, listType: "atomic", doc: "One range, or one of each family; they never change." }),
  },
);

const serviceCIDR: Schema<ServiceCIDR> = kindObject<ServiceCIDR>(
  "io.k8s.api.networking.v1.ServiceCIDR",
  "Ranges from which Services get their addresses.",
  {
    spec: struct(serviceCIDRSpec, { field: 2, default: {}, doc: "The ranges." }),
    status: struct(serviceCIDRStatus, { field: 3, default: {}, doc: "Whether addresses are given out of them." }),
  },
);

export const ServiceCIDRKind: Kind<ServiceCIDR> = defineKind<ServiceCIDR>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  resource: "servicecidrs",
  scope: "Cluster",
  schema: serviceCIDR,
  subresources: { status: true },
  columns: [nameColumn, { name: "CIDRs", type: "string", doc: "The ranges.", cell: ({ spec }) => (spec.cidrs ?? []).join(",") }, ageColumn],
  strategy: { validate: validateServiceCIDR, validateUpdate: validateServiceCIDRUpdate },
});

const path = "spec.cidrs";

function validateServiceCIDR({ spec }: ServiceCIDR): readonly FieldError[] {
  const { cidrs = [] } = spec;
  if (cidrs.length === 0) return [required(path, "at least one CIDR required")];
  if (cidrs.length > 2) return [invalid(path, spec, "may only hold up to 2 values")];
  const [first, second] = cidrs.map(ipFamilyOfRange);
  return [
    ...cidrs.flatMap((range, index) => validateCanonicalIpRange(range, `${path}[${index}]`)),
    ...(cidrs.length === 2 && first !== undefined && first === second
      ? [invalid(path, cidrs, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64")]
      : []),
  ];
}

/** A range never changes; one of the other family may be added. */
function validateServiceCIDRUpdate({ spec }: ServiceCIDR, previous: ServiceCIDR): readonly FieldError[] {
  const [cidrs, before] = [spec.cidrs ?? [], previous.spec.cidrs ?? []];
  const added = cidrs.length - before.length;
  if (added !== 0 && !(before.length === 1 && added === 1)) return [invalid(path, cidrs, immutableText)];
  return before.flatMap((range, index) => (range === cidrs[index] ? [] : [invalid(`${path}[${index}]`, cidrs[index], immutableText)]));
}
