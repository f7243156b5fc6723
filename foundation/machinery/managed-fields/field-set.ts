import { shortened } from "../field-errors.ts";
import { canonicalElement, elementText, type PathElement, self, sortedElements } from "./path-element.ts";

/**
 * A set of paths, in the very form of `FieldsV1`: a tree whose keys are {@link PathElement}s. An empty node is a member; a node that is
 * not empty is one when it has the key `.` besides what is below it. The root is never a member.
 *
 * All functions here keep their arguments, share what they can, and answer an argument itself where the result is equal to it.
 */
export interface FieldSet {
  readonly [element: PathElement]: FieldSet;
}

/** As a node of a tree: a member with nothing below it. As a tree: the empty set. */
export const member: FieldSet = Object.freeze({});
export const noFields: FieldSet = member;

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

function isMember(node: FieldSet): boolean {
  return node[self] !== undefined || isEmptySet(node);
}

/** What either of them has. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  return isEmptySet(a) ? b : unionBelow(a, b);
}

function unionBelow(a: FieldSet, b: FieldSet): FieldSet {
  let changed: Record<PathElement, FieldSet> | undefined;
  let grew = false;
  for (const element in b) {
    const mine = a[element];
    const united = mine === undefined ? b[element]! : element === self ? mine : unionOfNodes(mine, b[element]!);
    if (united === mine) continue;
    grew ||= mine === undefined;
    (changed ??= { ...a })[element] = united;
  }
  if (changed === undefined) return a;
  return grew ? inOrder(changed) : changed;
}

function unionOfNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmptySet(a)) return isMember(b) ? b : inOrder({ [self]: member, ...b });
  if (isEmptySet(b)) return a[self] === undefined ? inOrder({ [self]: member, ...a }) : a;
  return unionBelow(a, b);
}

/** What the first has and the second hasn't. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return a === b || isEmptySet(a) ? noFields : (differenceBelow(a, b) ?? noFields);
}

/** `undefined`: nothing is left. */
function differenceBelow(a: FieldSet, b: FieldSet): FieldSet | undefined {
  let changed: Record<PathElement, FieldSet> | undefined;
  for (const element in b) {
    const mine = a[element];
    if (mine === undefined) continue;
    const rest = element === self ? undefined : differenceOfNodes(mine, b[element]!);
    if (rest === mine) continue;
    changed ??= { ...a };
    if (rest === undefined) delete changed[element];
    else changed[element] = rest;
  }
  if (changed === undefined) return a;
  return isEmptySet(changed) ? undefined : withoutLoneSelf(changed);
}

function differenceOfNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (isEmptySet(a)) return isMember(b) ? undefined : a;
  if (!isEmptySet(b)) return differenceBelow(a, b);
  if (a[self] === undefined) return a;
  const { [self]: _self, ...below } = a;
  return isEmptySet(below) ? undefined : below;
}

/** What both have. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return isEmptySet(a) || isEmptySet(b) ? noFields : (intersectionBelow(a, b) ?? noFields);
}

function intersectionBelow(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const common: Record<PathElement, FieldSet> = {};
  for (const element in a) {
    if (element === self) continue;
    const other = b[element];
    const both = other === undefined ? undefined : intersectionOfNodes(a[element]!, other);
    if (both !== undefined) common[element] = both;
  }
  return isEmptySet(common) ? undefined : common;
}

function intersectionOfNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (a === b) return a;
  const below = intersectionBelow(a, b);
  if (!isMember(a) || !isMember(b)) return below;
  return below === undefined ? member : { [self]: member, ...below };
}

/** A node whose only key says that it is a member is written as an empty one. */
function withoutLoneSelf(node: FieldSet): FieldSet {
  if (node[self] === undefined) return node;
  for (const element in node) if (element !== self) return node;
  return member;
}

function inOrder(node: FieldSet): FieldSet {
  const elements = Object.keys(node);
  const sorted = sortedElements(elements);
  if (sorted === elements) return node;
  const result: Record<PathElement, FieldSet> = {};
  for (const element of sorted) result[element] = node[element]!;
  return result;
}

/** A node from what is below it, in any order; with a mark when it is itself a member. */
export function nodeOf(below: ReadonlyMap<PathElement, FieldSet>, isSelf: boolean): FieldSet {
  if (below.size === 0) return member;
  const node: Record<PathElement, FieldSet> = isSelf ? { [self]: member } : {};
  const elements = [...below.keys()];
  for (const element of elements.length > 1 ? sortedElements(elements) : elements) node[element] = below.get(element)!;
  return node;
}

/** How deep a set may nest that a client wrote. */
const deepest = 200;

/** Reads `FieldsV1` as a client wrote it. `undefined` for what isn't one. */
export function parseFieldSet(value: unknown, depth = 0): FieldSet | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value) || depth > deepest) return undefined;
  const below = new Map<PathElement, FieldSet>();
  let isSelf = false;
  for (const [text, inner] of Object.entries(value)) {
    if (text === self) {
      isSelf = true;
      continue;
    }
    const element = canonicalElement(text);
    const node = parseFieldSet(inner, depth + 1);
    if (element === undefined || node === undefined) return undefined;
    const known = below.get(element);
    below.set(element, known === undefined ? node : unionOfNodes(known, node));
  }
  return nodeOf(below, isSelf && depth > 0);
}

/** The members as texts, such as `.spec.replicas`; those of a node before those below it. Of very many, the first `most`. */
export function pathsOf(set: FieldSet, most: number = Infinity): readonly string[] {
  const paths: string[] = [];
  const gather = (node: FieldSet, prefix: string): void => {
    const elements = Object.keys(node).filter((element) => element !== self);
    for (const element of elements) {
      if (paths.length >= most) return;
      if (isMember(node[element]!)) paths.push(prefix + shortened(elementText(element)));
    }
    for (const element of elements) gather(node[element]!, prefix + shortened(elementText(element)));
  };
  gather(set, "");
  return paths;
}
