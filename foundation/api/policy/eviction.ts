import {
  defineKind,
  type DeleteOptions,
  deleteOptions,
  type Kind,
  kindObject,
  type KubernetesObject,
  type Schema,
  struct,
} from "@kubets/machinery";

/** Asks to delete a Pod if its disruption budgets allow it. */
export interface Eviction extends KubernetesObject {
  readonly deleteOptions?: DeleteOptions;
}

const eviction: Schema<Eviction> = kindObject<Eviction>(
  "io.k8s.api.policy.v1.Eviction",
  "Asks to delete a Pod if its disruption budgets allow it.",
  {
    deleteOptions: struct(deleteOptions, { field: 2, presence: "pointer", doc: "How to delete it." }),
  },
);

/** Spoken by the subresource `eviction` of Pods; there is no resource of its own. */
export const EvictionKind: Kind<Eviction> = defineKind<Eviction>({
  group: "policy",
  version: "v1",
  kind: "Eviction",
  resource: "",
  scope: "Namespaced",
  schema: eviction,
  verbs: ["create"],
});
