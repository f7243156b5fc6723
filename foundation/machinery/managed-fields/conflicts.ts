import type { StatusCause } from "../meta.ts";
import { StatusError } from "../status-error.ts";
import { difference, type FieldSet, intersection, isEmptySet, pathsOf } from "./field-set.ts";
import { written } from "./changes.ts";
import type { ChangesIn, Manager } from "./managers.ts";

/** What an apply would take from someone else. */
export interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** Whose fields the changes would take. */
export function conflictsWith(managers: readonly Manager[], changesIn: ChangesIn): readonly Conflict[] {
  return managers.flatMap((manager) => {
    const changes = changesIn(manager.apiVersion);
    if (changes === undefined) return [];
    const fields = intersection(manager.fields, written(changes));
    return isEmptySet(fields) ? [] : [{ manager, fields }];
  });
}

/** The conflicts but for those about fields that may be taken. */
export function conflictsBut(conflicts: readonly Conflict[], allowed: FieldSet): readonly Conflict[] {
  return conflicts.flatMap(({ manager, fields }) => {
    const rest = difference(fields, allowed);
    return isEmptySet(rest) ? [] : [{ manager, fields: rest }];
  });
}

// Of one manager.
const mostTold = 1000;

/** 409 in upstream's words, with a cause for each field. */
export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const named = conflicts
    .map(({ manager, fields }) => ({ name: nameOf(manager), paths: pathsOf(fields, mostTold) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const causes = named.flatMap(({ name, paths }) =>
    paths.map((field): StatusCause => ({ reason: "FieldManagerConflict", message: `conflict with ${name}`, field })),
  );
  const lines = named.flatMap(({ name, paths }) => [`conflicts with ${name}:`, ...paths.map((path) => `- ${path}`)]);
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]!.message!}: ${causes[0]!.field!}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join("\n")}`;
  return new StatusError(409, "Conflict", message, { details: { causes } });
}

function nameOf({ name, operation, apiVersion, subresource }: Manager): string {
  const who = `${JSON.stringify(name)}${subresource === "" ? "" : ` with subresource ${JSON.stringify(subresource)}`}`;
  if (operation === "Apply") return who;
  return `${who} using ${apiVersion}`;
}
