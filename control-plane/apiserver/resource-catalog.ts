import type { Kind } from "@kubets/machinery";

/**
 * Which kinds are served now: those of the program, and those that were declared at run time. Every part of the server that depends on
 * what is served asks here, or listens.
 */
export interface ResourceCatalog {
  /** In the order of discovery. The same array while nothing changes, so that what is made from it can be kept. */
  readonly kinds: readonly Kind[];
  /** Calls back after every change. */
  onChange(listener: () => void): Disposable;
}

/** The catalog as the part that declares kinds has it. */
export interface WritableCatalog extends ResourceCatalog {
  /** Serves these kinds for an owner instead of those before; none: nothing any more. */
  serve(owner: string, kinds: readonly Kind[]): void;
}

export function createResourceCatalog(builtIn: readonly Kind[]): WritableCatalog {
  const declared = new Map<string, readonly Kind[]>();
  const listeners = new Set<() => void>();
  let kinds: readonly Kind[] | undefined = builtIn;
  return {
    get kinds() {
      return (kinds ??= [...builtIn, ...[...declared.values()].flat().sort(inOrderOfDiscovery)]);
    },
    onChange(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    serve(owner, served) {
      if (served.length === 0 && !declared.has(owner)) return;
      if (served.length === 0) declared.delete(owner);
      else declared.set(owner, served);
      kinds = undefined;
      for (const listener of [...listeners]) listener();
    },
  };
}

/** Groups by name, and versions of a group with the most preferred first. */
function inOrderOfDiscovery(a: Kind, b: Kind): number {
  if (a.group !== b.group) return a.group < b.group ? -1 : 1;
  if (a.version !== b.version) return compareVersions(a.version, b.version);
  return a.resource < b.resource ? -1 : a.resource > b.resource ? 1 : 0;
}

/**
 * Which of two versions comes first, as Kubernetes orders them: stable ones before betas before alphas, higher numbers before lower
 * ones, other names after all of them by the alphabet.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  if (left === undefined || right === undefined) {
    if (left === undefined && right === undefined) return a < b ? -1 : a > b ? 1 : 0;
    return left === undefined ? 1 : -1;
  }
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return right[index]! - left[index]!;
  return 0;
}

/** Stability, major version, and the number of the alpha or beta. */
function partsOf(version: string): readonly number[] | undefined {
  const parts = /^v(?<major>[1-9]\d*)(?:(?<stage>alpha|beta)(?<minor>[1-9]\d*))?$/.exec(version)?.groups;
  if (parts === undefined) return undefined;
  const stability = parts["stage"] === undefined ? 2 : parts["stage"] === "beta" ? 1 : 0;
  return [stability, Number(parts["major"]), Number(parts["minor"] ?? 0)];
}
