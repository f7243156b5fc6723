import type { ObjectNode } from "../schema.ts";
import { configProblems } from "./config.ts";
import { merged } from "./merge.ts";
import { deduce, isMap, type JsonObject, structOf, type Topology } from "./topology.ts";

/**
 * The object with what a configuration says, as apply merges it, but in nobody's name: what mutating admission policies do. Throws an `Error`
 * for a configuration that doesn't fit the type, and for one that says something within what can only be replaced as a whole.
 */
export function mergeConfiguration(node: ObjectNode, live: JsonObject, config: JsonObject): JsonObject {
  const topology = structOf(node);
  const identified = { ...config, kind: live["kind"], apiVersion: live["apiVersion"] };
  const problems = configProblems(topology, identified);
  if (problems.length > 0) throw new Error(`invalid ApplyConfiguration: ${problems.join("; ")}`);
  const atomic = atomicPaths(topology, identified, "");
  if (atomic.length > 0) throw new Error(`invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic.join(", ")}`);
  return merged(topology, live, identified);
}

/** Where a configuration says something of a value that is replaced as a whole. */
function atomicPaths(topology: Topology, value: unknown, path: string): readonly string[] {
  switch (topology.form) {
    case "leaf":
      return isMap(value) || Array.isArray(value) ? [path] : [];
    case "deduced":
      return Array.isArray(value) ? [path] : atomicPaths(isMap(value) ? deduce(value) : leaf, value, path);
    case "struct":
      if (!isMap(value)) return [];
      return Object.entries(value).flatMap(([name, inner]) => {
        const field = topology.fields.get(name);
        return field === undefined ? [] : atomicPaths(field.topology, inner, `${path}.${name}`);
      });
    case "map":
      return isMap(value) ? Object.entries(value).flatMap(([key, inner]) => atomicPaths(topology.values, inner, `${path}.${key}`)) : [];
    case "keyed":
      return Array.isArray(value) ? value.flatMap((item, index) => atomicPaths(topology.items, item, `${path}[${index}]`)) : [];
    case "set":
      return [];
  }
}

const leaf: Topology = { form: "leaf" };
