import {
  type defaulted,
  defineKind,
  field,
  type FieldError,
  forbidden,
  integer,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  microTime,
  type MicroTime,
  object,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { validateStrategy } from "./strategies.ts";

/** A claim, renewed again and again, on something that only one may hold. */
export interface Lease extends KubernetesObject {
  readonly [defaulted]?: "spec";
  readonly spec: LeaseSpec;
}

/** Who holds a lease, and for how long. */
export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: MicroTime;
  readonly renewTime?: MicroTime;
  readonly leaseTransitions?: number;
  readonly strategy?: string;
  readonly preferredHolder?: string;
}

const leaseSpec: Schema<LeaseSpec> = object<LeaseSpec>("io.k8s.api.coordination.v1.LeaseSpec", "Who holds a lease, and for how long.", {
  holderIdentity: text({ field: 1, presence: "pointer", doc: "Who holds the lease; empty when nobody does." }),
  leaseDurationSeconds: integer({
    field: 2,
    presence: "pointer",
    doc: "How long others must wait after renewTime before they take the lease by force.",
  }),
  acquireTime: field(microTime, { field: 3, presence: "pointer", doc: "When the present holder got the lease." }),
  renewTime: field(microTime, { field: 4, presence: "pointer", doc: "When the present holder last said that it lives." }),
  leaseTransitions: integer({ field: 5, presence: "pointer", doc: "How often the lease went to another holder." }),
  strategy: text({ field: 6, presence: "pointer", doc: "How the holder is chosen when the election is coordinated." }),
  preferredHolder: text({
    field: 7,
    presence: "pointer",
    doc: "Tells the holder that a better candidate is there and it should give the lease up.",
  }),
});

const lease: Schema<Lease> = kindObject<Lease>(
  "io.k8s.api.coordination.v1.Lease",
  "A claim, renewed again and again, on something that only one may hold.",
  {
    spec: struct(leaseSpec, { field: 2, default: {}, doc: "Who holds the lease, and for how long." }),
  },
);

export const LeaseKind: Kind<Lease> = defineKind<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  resource: "leases",
  scope: "Namespaced",
  schema: lease,
  columns: [
    nameColumn,
    { name: "Holder", type: "string", doc: "Who holds the lease.", cell: ({ spec }) => spec.holderIdentity ?? "" },
    ageColumn,
  ],
  strategy: { createOnUpdate: true, unconditionalUpdate: false, validate: validateLease },
});

function validateLease({ spec }: Lease): readonly FieldError[] {
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = spec;
  return [
    ...(leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0
      ? [invalid("spec.leaseDurationSeconds", leaseDurationSeconds, "must be greater than 0")]
      : []),
    ...(leaseTransitions !== undefined && leaseTransitions < 0
      ? [invalid("spec.leaseTransitions", leaseTransitions, "must be greater than or equal to 0")]
      : []),
    ...(strategy === undefined ? [] : validateStrategy(strategy)),
    ...((preferredHolder ?? "") !== "" && (strategy ?? "") === ""
      ? [forbidden("spec.preferredHolder", "may only be specified if `strategy` is defined")]
      : []),
  ];
}
