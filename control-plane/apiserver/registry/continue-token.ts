import { badRequest } from "@kubets/machinery";

/** Where a list goes on: after which key, and at which revision, so that its pages together are one consistent list. */
export interface ContinueToken {
  /** The last key of the page before, without what all keys of the list begin with. */
  readonly after: string;
  /** `undefined`: at whichever is the newest, because the list's own has been compacted. */
  readonly revision: number | undefined;
}

const version = "meta.k8s.io/v1";

/** Opaque to clients. */
export function encodeContinue({ after, revision }: ContinueToken): string {
  const text = JSON.stringify({ v: version, rv: revision ?? -1, start: `${after}\u0000` });
  const ascii = text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return btoa(ascii).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Throws `BadRequest` for what {@link encodeContinue} did not make. */
export function decodeContinue(token: string): ContinueToken {
  const { v, rv, start } = read(token);
  if (v !== version) throw badRequest("continue key is not valid: server does not recognize this encoded version");
  if (typeof rv !== "number" || !Number.isSafeInteger(rv) || rv === 0) {
    throw badRequest("continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  }
  if (typeof start !== "string" || start === "")
    throw badRequest("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)");
  return { after: start.endsWith("\u0000") ? start.slice(0, -1) : start, revision: rv < 0 ? undefined : rv };
}

function read(token: string): { readonly v?: unknown; readonly rv?: unknown; readonly start?: unknown } {
  try {
    const value: unknown = JSON.parse(atob(token.replaceAll("-", "+").replaceAll("_", "/")));
    if (typeof value === "object" && value !== null) return value;
  } catch (cause) {
    throw badRequest("continue key is not valid", { cause });
  }
  throw badRequest("continue key is not valid");
}
