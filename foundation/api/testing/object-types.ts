import type { Field, ObjectNode, SchemaNode } from "@kubets/machinery";
import { allKinds as kinds, subresourceKinds } from "../kinds.ts";

/** Every object type that the kinds are made of, by the name of its OpenAPI definition. */
export function objectTypes(): ReadonlyMap<string, ObjectNode> {
  const found = new Map<string, ObjectNode>();
  const visit = (node: SchemaNode): void => {
    switch (node.type) {
      case "object":
        if (found.has(node.name)) return;
        found.set(node.name, node);
        for (const field of Object.values(node.fields())) visit(field.schema.node);
        return;
      case "list":
        return visit(node.items);
      case "map":
        return visit(node.values);
      case "either":
        visit(node.object());
        return visit(node.other());
      default:
        return;
    }
  };
  for (const kind of [...kinds, ...subresourceKinds]) visit(kind.schema.node);
  return found;
}

/** Every field of every object type, with its path such as `io.k8s.api.core.v1.PodSpec.containers`. */
export function everyField(): readonly {
  readonly path: string;
  readonly owner: string;
  readonly name: string;
  readonly field: Field<unknown>;
}[] {
  return [...objectTypes()].flatMap(([owner, node]) =>
    Object.entries(node.fields()).map(([name, field]) => ({ path: `${owner}.${name}`, owner, name, field })),
  );
}
