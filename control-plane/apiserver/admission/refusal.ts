import { forbiddenTo, type StatusCause, StatusError } from "@kubets/machinery";
import type { AdmissionAttributes } from "../contracts.ts";

/** How a plugin refuses: `pods "web" is forbidden: BECAUSE`, naming the object by what is known of its name. */
export function refusal(attributes: AdmissionAttributes, because: string, causes: readonly StatusCause[] = []): StatusError {
  const error = forbiddenTo(attributes.kind, nameOf(attributes), because);
  if (causes.length === 0) return error;
  return new StatusError(error.code, error.reason, error.message, { details: { ...error.details, causes } });
}

function nameOf({ name, object }: AdmissionAttributes): string {
  return name || object?.metadata.name || object?.metadata.generateName || "Unknown";
}

/** Whether a write is about objects of a kind themselves, not about one of their subresources. */
export function isAbout({ kind, subresource }: AdmissionAttributes, group: string, resource: string): boolean {
  return subresource === "" && kind.group === group && kind.resource === resource;
}
