import { defineKind, flag, type Kind, kindObject, type KubernetesObject, list, type Schema } from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { localObjectReference, type LocalObjectReference, type ObjectReference, objectReference } from "./shared/object-reference.ts";

/** An identity for programs that run in Pods. */
export interface ServiceAccount extends KubernetesObject {
  readonly secrets?: readonly ObjectReference[];
  readonly imagePullSecrets?: readonly LocalObjectReference[];
  readonly automountServiceAccountToken?: boolean;
}

const serviceAccount: Schema<ServiceAccount> = kindObject<ServiceAccount>(
  "io.k8s.api.core.v1.ServiceAccount",
  "An identity for programs that run in Pods.",
  {
    secrets: list(objectReference, {
      field: 2,
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
      doc: "The Secrets that its Pods may use, if they are held to that list.",
    }),
    imagePullSecrets: list(localObjectReference, {
      field: 3,
      listType: "atomic",
      doc: "The Secrets with which its Pods' images are pulled.",
    }),
    automountServiceAccountToken: flag({
      field: 4,
      presence: "pointer",
      doc: "Whether its Pods get a token as a file; each Pod may say otherwise.",
    }),
  },
);

export const ServiceAccountKind: Kind<ServiceAccount> = defineKind<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  resource: "serviceaccounts",
  shortNames: ["sa"],
  scope: "Namespaced",
  schema: serviceAccount,
  subresources: { others: ["token"] },
  columns: [
    nameColumn,
    { name: "Secrets", type: "string", doc: "How many Secrets are listed.", cell: ({ secrets = [] }) => secrets.length },
    ageColumn,
  ],
  strategy: { answersDeleted: true, prepareForCreate: withPlainReferences, prepareForUpdate: withPlainReferences },
});

/** Of the Secrets only the names are kept: they are Secrets of the same namespace. */
function withPlainReferences(serviceAccount: ServiceAccount): ServiceAccount {
  const { secrets } = serviceAccount;
  if (secrets === undefined) return serviceAccount;
  return { ...serviceAccount, secrets: secrets.map(({ name }) => (name === undefined ? {} : { name })) };
}
