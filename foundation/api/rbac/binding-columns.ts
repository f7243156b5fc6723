import type { Column, KubernetesObject } from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import type { RoleRef, Subject } from "./subject.ts";

type Binding = KubernetesObject & { readonly roleRef: RoleRef; readonly subjects?: readonly Subject[] };

/** What a table shows of a binding. */
export const bindingColumns: readonly Column<Binding>[] = [
  nameColumn,
  { name: "Role", type: "string", doc: "The role that it gives.", cell: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}` },
  ageColumn,
  { name: "Users", type: "string", priority: 1, doc: "The users who get it.", cell: (binding) => namesOf(binding, "User") },
  { name: "Groups", type: "string", priority: 1, doc: "The groups that get it.", cell: (binding) => namesOf(binding, "Group") },
  {
    name: "ServiceAccounts",
    type: "string",
    priority: 1,
    doc: "The ServiceAccounts that get it.",
    cell: (binding) => namesOf(binding, "ServiceAccount"),
  },
];

function namesOf({ subjects = [] }: Binding, kind: string): string {
  return subjects
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace = "" }) => (kind === "ServiceAccount" ? `${namespace}/${name}` : name))
    .join(", ");
}
