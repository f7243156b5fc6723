import { CommandError } from "../errors.ts";

/** A file or folder on this machine, or in a container of a Pod. */
export type CopiedPath =
  | { readonly in: "machine"; readonly path: string }
  | ({ readonly in: "pod"; readonly pod: string; readonly path: string } & InNamespace);

interface InNamespace {
  /** That of the command line when absent. */
  readonly namespace?: string;
}

/** Reads `PATH`, `POD:PATH` or `NAMESPACE/POD:PATH`. */
export function readCopiedPath(text: string): CopiedPath {
  const colon = text.indexOf(":");
  if (colon < 0) return { in: "machine", path: withoutLastSlash(text) };
  const [first = "", second, ...more] = text.slice(0, colon).split("/");
  if (colon === 0 || more.length > 0) throw new CommandError("filespec must match the canonical format: [[namespace/]pod:]file/path");
  const path = withoutLastSlash(text.slice(colon + 1));
  return second === undefined ? { in: "pod", pod: first, path } : { in: "pod", namespace: first, pod: second, path };
}

/** The path with no `.`, `..` or empty part in it that could be spared; `.` when nothing is left. */
export function cleanPath(path: string): string {
  const isAbsolute = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    // There is nothing above the root.
    else if (!isAbsolute) parts.push("..");
  }
  if (isAbsolute) return `/${parts.join("/")}`;
  return parts.length === 0 ? "." : parts.join("/");
}

export const joinPaths = (...paths: readonly string[]): string => cleanPath(paths.filter((path) => path !== "").join("/"));
export const folderOf = (path: string): string => joinPaths(path.startsWith("/") ? "/" : "", ...cleanPath(path).split("/").slice(0, -1));
export const lastPartOf = (path: string): string => cleanPath(path).split("/").at(-1)!;

/** How the entries of an archive begin that `tar` made of this path: without what leads to the root or beyond it. */
export function entriesOf(path: string): string {
  return withoutShortcuts(cleanPath(path.replace(/^\/+/, "") || "."));
}

/**
 * Where an entry of an archive goes that was made of `prefix` and is copied to `into`; `undefined` when it would go elsewhere.
 *
 * Throws for an entry that `prefix` can't have made: somebody tampered with the archive.
 */
export function placeOfEntry(name: string, { prefix, into }: { readonly prefix: string; readonly into: string }): string | undefined {
  if (!name.startsWith(prefix)) throw new CommandError("tar contents corrupted");
  const below = cleanPath(name.slice(prefix.length).replace(/^\/+/, ""));
  return below === ".." || below.startsWith("../") ? undefined : joinPaths(into, below);
}

function withoutShortcuts(path: string): string {
  const rest = path.replace(/^(\.\.\/)+/, "");
  return (rest === "." || rest === ".." ? "" : rest).replace(/^\//, "");
}

function withoutLastSlash(path: string): string {
  return path !== "/" && path.endsWith("/") ? path.slice(0, -1) : path;
}
