import { StatusError } from "@kubets/machinery";

/** The namespace is being deleted: there is nothing to be done but to let it go. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof StatusError && error.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") === true;
}
