import { shortened } from "../field-errors.ts";
import type { SchemaNode } from "../schema.ts";
import { itemsByElement, itemsOf } from "./changes.ts";
import { type FieldSet, member, nodeOf } from "./field-set.ts";
import { elementText, type PathElement } from "./path-element.ts";
import { deduce, isMap, keyedElement, type KeyedTopology, type StructTopology, type Topology } from "./topology.ts";

/**
 * Which fields a configuration names: its leaves, the items of its lists, the entries of its maps, and containers that it leaves empty.
 * Fields whose topology isn't known here are left out.
 */
export function fieldsNamedIn(topology: StructTopology, config: unknown): FieldSet {
  return namedBelow(topology, config);
}

/** The node of a value without a mark of its own, which is its container's to give; empty for a leaf. */
function namedBelow(topology: Topology, value: unknown): FieldSet {
  switch (topology.form) {
    case "leaf":
      return member;
    case "deduced":
      return namedBelow(deduce(value), value);
    case "struct": {
      const below = new Map<PathElement, FieldSet>();
      if (isMap(value)) {
        for (const { name, element, topology: inner } of topology.sorted) {
          const given = value[name];
          if (given === undefined) continue;
          const node = namedBelow(inner, given);
          if (isLeaf(inner, given) || Object.keys(node).length > 0) below.set(element, node);
        }
      }
      return nodeOf(below, false);
    }
    case "map": {
      const below = new Map<PathElement, FieldSet>();
      for (const [key, inner] of Object.entries(isMap(value) ? value : {})) {
        below.set(`f:${key}`, marked(namedBelow(topology.values, inner)));
      }
      return nodeOf(below, false);
    }
    case "keyed":
    case "set": {
      const below = new Map<PathElement, FieldSet>();
      for (const [element, items] of itemsByElement(topology, Array.isArray(value) ? value : [])) {
        below.set(element, items.length > 1 ? member : marked(namedBelow(itemsOf(topology), items[0])));
      }
      return nodeOf(below, false);
    }
  }
}

function marked(node: FieldSet): FieldSet {
  return Object.keys(node).length === 0 ? member : { ".": member, ...node };
}

/** Whether a value stands for itself: it is a leaf, or it is a container that says nothing of what is in it. */
function isLeaf(topology: Topology, value: unknown): boolean {
  if (value === null) return true;
  switch (topology.form) {
    case "leaf":
      return true;
    case "deduced":
      return !isMap(value) || Object.keys(value).length === 0;
    case "struct":
    case "map":
      return isMap(value) && Object.keys(value).length === 0;
    // An empty list names nothing.
    case "keyed":
    case "set":
      return false;
  }
}

/** Of a configuration with very many problems, as many are told. */
const mostProblems = 1000;

/** What of a configuration doesn't fit its schema, in upstream's words. */
export function configProblems(topology: Topology, config: unknown): readonly string[] {
  const problems: string[] = [];
  findProblems(topology, config, "", problems);
  return problems;
}

function findProblems(topology: Topology, config: unknown, path: string, problems: string[]): void {
  if (config === null || config === undefined || problems.length >= mostProblems) return;
  switch (topology.form) {
    case "deduced":
      return;
    case "leaf":
      if (topology.node !== undefined) problems.push(...scalarProblems(topology.node, config, path));
      return;
    case "struct":
      if (!isMap(config)) return void problems.push(`${path}: expected map, got ${describe(config)}`);
      for (const [name, value] of Object.entries(config)) {
        const field = topology.fields.get(name);
        const at = `${path}.${shortened(name)}`;
        if (field !== undefined) findProblems(field.topology, value, at, problems);
        else if (problems.length < mostProblems) problems.push(`${at}: field not declared in schema`);
      }
      return;
    case "map":
      if (!isMap(config)) return void problems.push(`${path}: expected map, got ${describe(config)}`);
      for (const [key, value] of Object.entries(config)) findProblems(topology.values, value, `${path}.${shortened(key)}`, problems);
      return;
    case "keyed":
      if (Array.isArray(config)) findKeyedProblems(topology, config, path, problems);
      else problems.push(`${path}: expected list, got ${describe(config)}`);
      return;
    case "set":
      if (!Array.isArray(config)) return void problems.push(`${path}: expected list, got ${describe(config)}`);
      findDuplicates(
        config.map((item) => `[=${JSON.stringify(item)}]`),
        path,
        problems,
      );
  }
}

function findKeyedProblems(topology: KeyedTopology, items: readonly unknown[], path: string, problems: string[]): void {
  const elements: string[] = [];
  for (const [index, item] of items.entries()) {
    if (problems.length >= mostProblems) return;
    const element = keyedElement(topology, item);
    if (element === undefined) {
      const names = topology.keys.map(({ name }) => JSON.stringify(name)).join(" ");
      const why = isMap(item)
        ? `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`
        : `associative list with keys may not have ${item === null ? "a null element" : "non-map elements"}`;
      problems.push(`${path}: element ${index}: ${why}`);
      continue;
    }
    const text = elementText(element);
    elements.push(text);
    findProblems(topology.items, item, path + shortened(text), problems);
  }
  findDuplicates(elements, path, problems);
}

function findDuplicates(elements: readonly string[], path: string, problems: string[]): void {
  const seen = new Set<string>();
  const twice = new Set(elements.filter((element) => seen.size === seen.add(element).size));
  for (const element of twice)
    if (problems.length < mostProblems) problems.push(`${path}: duplicate entries for key ${shortened(element)}`);
}

function scalarProblems(node: SchemaNode, value: unknown, path: string): readonly string[] {
  switch (node.type) {
    case "string":
    case "bytes":
      return typeof value === "string" ? [] : [`${path}: expected string, got ${describe(value)}`];
    case "boolean":
      return typeof value === "boolean" ? [] : [`${path}: expected boolean, got ${describe(value)}`];
    case "integer":
    case "number":
      return typeof value === "number" ? [] : [`${path}: expected numeric (int or float), got ${describe(value)}`];
    default:
      return [];
  }
}

/** A value in the form in which Go shows it in such messages. */
function describe(value: unknown): string {
  return `&value.valueUnstructured{Value:${JSON.stringify(value)}}`;
}
