import { list, map, object, type Quantity, quantity, type Schema, text } from "@kubets/machinery";

/** Amounts by resource name, such as `{ cpu: "250m", memory: "1Gi" }`. */
export type ResourceList = Readonly<Record<string, Quantity>>;

export interface ResourceRequirements {
  readonly limits?: ResourceList;
  readonly requests?: ResourceList;
  readonly claims?: readonly ResourceClaim[];
}

export interface ResourceClaim {
  readonly name: string;
  readonly request?: string;
}

export const resourceClaim: Schema<ResourceClaim> = object<ResourceClaim>(
  "io.k8s.api.core.v1.ResourceClaim",
  "Uses one entry of the Pod's resourceClaims.",
  {
    name: text({ field: 1, required: true, doc: "Name of the entry in spec.resourceClaims." }),
    request: text({ field: 2, doc: "One request of the claim; all of them when empty." }),
  },
);

export const resourceRequirements: Schema<ResourceRequirements> = object<ResourceRequirements>(
  "io.k8s.api.core.v1.ResourceRequirements",
  "Compute resources that are reserved, and the most that may be used.",
  {
    limits: map(quantity, { field: 1, doc: "The most of each resource that may be used." }),
    requests: map(quantity, { field: 2, doc: "The amount of each resource that is reserved; defaults to the limit." }),
    claims: list(resourceClaim, {
      field: 3,
      listType: "map",
      mapKeys: ["name"],
      doc: "Entries of the Pod's resourceClaims that are used.",
    }),
  },
);
