import { CommandError } from "../../errors.ts";
import type { JsonObject } from "../../json-object.ts";
import { changeField, changeFields, type FieldChange, type FieldSpec } from "../field-specs.ts";
import { isClusterScoped } from "../cluster-scope.ts";
import { describeId, idOf } from "../resource-id.ts";
import { currentId, currentKey, remembered, type Resource } from "../resource.ts";
import { isMap, isMissing, isScalar, textOf } from "../scalars.ts";
import type { Transformer } from "./transformer.ts";

/** Of a binding, the subjects that are said to be in the namespace: those called `default`, all service accounts, or none. */
export type SubjectsInNamespace = "defaultOnly" | "allServiceAccounts" | "none";

export interface NamespaceOptions {
  readonly subjects?: SubjectsInNamespace;
  /** Whether only what has no namespace yet gets it. */
  readonly unsetOnly?: boolean;
}

/** Puts resources into a namespace, but for those that are known to be in none. */
export function setNamespace(
  namespace: string,
  fieldSpecs: readonly FieldSpec[],
  { subjects = "defaultOnly", unsetOnly = false }: NamespaceOptions = {},
): Transformer {
  const change: FieldChange = {
    created: "scalar",
    set: (value) => {
      if (!isMissing(value) && !isScalar(value)) throw new CommandError("namespace field specs must target scalar nodes");
      return unsetOnly && !isMissing(value) && textOf(value) !== "" ? value : namespace;
    },
  };
  const inNamespace = (object: JsonObject): JsonObject => {
    const id = idOf(object);
    const placed = isClusterScoped(id) ? object : changeField(object, { path: "metadata/namespace", create: true }, change);
    const isBinding = id.kind === "RoleBinding" || id.kind === "ClusterRoleBinding";
    const bound = isBinding
      ? withSubjects(placed, subjects, (subject) => ({ ...subject, namespace: change.set(subject["namespace"]) }))
      : placed;
    const others = fieldSpecs.filter(
      ({ path, kind }) =>
        path !== "metadata/namespace" &&
        (path !== "metadata/name" || (id.group === "" && id.version === "v1")) &&
        !(path === "subjects/namespace" && (kind === "RoleBinding" || kind === "ClusterRoleBinding")),
    );
    return changeFields(bound, others, change);
  };
  return {
    name: "NamespaceTransformer",
    transform: (resources) =>
      withoutConflicts(
        resources.map((resource) => {
          const before = remembered(resource);
          return { ...before, object: inNamespace(before.object) };
        }),
      ),
  };
}

function withSubjects(object: JsonObject, mode: SubjectsInNamespace, change: (subject: JsonObject) => JsonObject): JsonObject {
  const subjects = object["subjects"];
  if (mode === "none" || !Array.isArray(subjects)) return object;
  const isMeant = (subject: JsonObject): boolean =>
    mode === "defaultOnly" ? textOf(subject["name"]) === "default" : textOf(subject["kind"]) === "ServiceAccount";
  return {
    ...object,
    subjects: subjects.map((subject: unknown) => (isMap(subject) && isMeant(subject) ? change(subject) : subject)),
  };
}

function withoutConflicts(resources: readonly Resource[]): readonly Resource[] {
  const seen = new Set<string>();
  for (const resource of resources) {
    const key = currentKey(resource);
    if (seen.has(key))
      throw new CommandError(`namespace transformation produces ID conflict: ${describeId(currentId(resource))} is there twice`);
    seen.add(key);
  }
  return resources;
}
