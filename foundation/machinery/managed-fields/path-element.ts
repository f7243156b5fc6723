/**
 * One step of a path as `FieldsV1` writes it: `f:NAME` (a field or the key of a map), `k:{…}` (the item of an associative list, by
 * its keys), `v:VALUE` (the item of a set), `i:INDEX`. The step `.` is no step: it says that the path itself is a member of the set.
 */
export type PathElement = string;

/** That the path which leads here is itself a member, where a set also has members below it. */
export const self = ".";

/** The item of an associative list. `keys` are sorted by name. */
export function keyElement(keys: readonly (readonly [string, unknown])[]): PathElement {
  let text = "";
  for (const [name, value] of keys) text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return `k:{${text}}`;
}

/** The item of a set. */
export function valueElement(value: unknown): PathElement {
  return `v:${JSON.stringify(value)}`;
}

/** An element in the form in which the server writes it; `undefined` for what is none. */
export function canonicalElement(text: string): PathElement | undefined {
  const content = text.slice(2);
  switch (text.slice(0, 2)) {
    case "f:":
      return text;
    case "k:": {
      const keys = parse(content);
      if (typeof keys !== "object" || keys === null || Array.isArray(keys)) return undefined;
      return keyElement(Object.entries(keys).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    }
    case "v:": {
      const value = parse(content);
      return value === undefined ? undefined : valueElement(value);
    }
    case "i:":
      return /^-?\d+$/.test(content) ? text : undefined;
    default:
      return undefined;
  }
}

/** The element as paths show it, such as `.spec`, `[name="web"]`, `[="x"]`. */
export function elementText(element: PathElement): string {
  const content = element.slice(2);
  switch (element[0]) {
    case "f":
      return `.${content}`;
    case "k":
      return `[${Object.entries(parse(content) as object)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(",")}]`;
    case "v":
      return `[=${content}]`;
    default:
      return `[${content}]`;
  }
}

/** The elements in upstream's order: fields by name, then items by their keys, then items by their values, then indices. */
export function sortedElements(elements: readonly PathElement[]): readonly PathElement[] {
  if (isSorted(elements)) return elements;
  return elements
    .map((element) => ({ element, content: element.startsWith("f:") || element === self ? undefined : contentOf(element) }))
    .toSorted((a, b) => rank(a.element) - rank(b.element) || compareContents(a, b))
    .map(({ element }) => element);
}

/** Most lists have items of a few short names, such as a Pod's conditions. */
const mostContents = 1024;
const longestKept = 256;
const contents = new Map<PathElement, unknown>();

function contentOf(element: PathElement): unknown {
  // Clients choose names: a thousand of a megabyte each must not be kept.
  if (element.length > longestKept) return parse(element.slice(2));
  let content = contents.get(element);
  if (content === undefined) {
    content = parse(element.slice(2));
    if (contents.size >= mostContents) contents.clear();
    contents.set(element, content);
  }
  return content;
}

/** Whether nothing but names decides the order, and they are in it. */
function isSorted(elements: readonly PathElement[]): boolean {
  for (let index = 1; index < elements.length; index++) {
    const before = elements[index - 1]!;
    if (before === self) continue;
    if (before[0] !== "f" || elements[index]![0] !== "f" || before > elements[index]!) return false;
  }
  return true;
}

interface Sortable {
  readonly element: PathElement;
  readonly content: unknown;
}

function compareContents(a: Sortable, b: Sortable): number {
  if (a.content === undefined || b.content === undefined) return a.element < b.element ? -1 : a.element > b.element ? 1 : 0;
  return compareValues(a.content, b.content);
}

function rank(element: PathElement): number {
  return element === self ? 0 : "fkvi".indexOf(element[0]!) + 1;
}

/** JSON values in upstream's order: numbers, texts, booleans, null, lists, maps. */
export function compareValues(a: unknown, b: unknown): number {
  const byKind = kindRank(a) - kindRank(b);
  if (byKind !== 0) return byKind;
  if (typeof a === "number") return a - (b as number);
  if (typeof a === "string") return a < (b as string) ? -1 : a > (b as string) ? 1 : 0;
  if (typeof a === "boolean") return Number(a) - Number(b);
  if (a === null) return 0;
  return compareLists(partsOf(a as object), partsOf(b as object));
}

function partsOf(value: object): readonly unknown[] {
  return Array.isArray(value) ? value : Object.entries(value).flat();
}

function compareLists(a: readonly unknown[], b: readonly unknown[]): number {
  for (let index = 0; index < a.length && index < b.length; index++) {
    const order = compareValues(a[index], b[index]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function kindRank(value: unknown): number {
  switch (typeof value) {
    case "number":
      return 0;
    case "string":
      return 1;
    case "boolean":
      return 2;
    default:
      return value === null ? 3 : Array.isArray(value) ? 4 : 5;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
