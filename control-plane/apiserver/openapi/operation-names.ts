import type { Kind } from "@kubets/machinery";

/** How upstream calls operations; generated clients are made of these names. */
export class OperationNames {
  readonly tag: string;
  readonly #scope: string;
  readonly #kind: string;
  readonly #groupVersion: string;

  constructor({ group, version, scope, kind }: Kind) {
    const camel = groupWords(group);
    this.tag = `${camel[0]!.toLowerCase()}${camel.slice(1)}_${version}`;
    this.#groupVersion = `${camel}${capitalized(version)}`;
    this.#scope = scope === "Namespaced" ? "Namespaced" : "";
    this.#kind = kind;
  }

  name(verb: string, suffix = ""): string {
    const scope = suffix.endsWith("ForAllNamespaces") ? "" : this.#scope;
    return `${verb}${this.#groupVersion}${scope}${this.#kind}${suffix}`;
  }

  collection(verb: string): string {
    return `${verb}${this.#groupVersion}Collection${this.#scope}${this.#kind}`;
  }

  connection(method: string, suffix: string): string {
    return `connect${this.#groupVersion}${capitalized(method)}${this.#scope}${this.#kind}${suffix}`;
  }
}

/** A group in the names of operations: `RbacAuthorization`. */
export function groupWords(group: string): string {
  const words = (group === "" ? "core" : group.replace(/\.k8s\.io$/, "")).split(".");
  return words.map(capitalized).join("");
}

export function capitalized(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}
