import type { CustomResourceDefinition } from "@kubets/api";
import type { Kind } from "@kubets/machinery";
import { celTypeOfNode, celTypeOfSchema, type CelType, type StructuralSchema } from "@kubets/machinery/cel";

/** What expressions may know of the objects of one version of a kind. */
export interface TypedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: string;
  readonly type: CelType;
}

/** The kinds that are served, with the types of their objects. */
export interface TypedKinds {
  ofResource(group: string, version: string, resource: string): TypedKind | undefined;
  ofKind(apiVersion: string, kind: string): TypedKind | undefined;
}

export function typedKinds(kinds: readonly Kind[], definitions: readonly CustomResourceDefinition[]): TypedKinds {
  const find = (group: string, version: string, isMeant: (names: Names) => boolean): TypedKind | undefined => {
    const kind = kinds.find((each) => each.group === group && each.version === version && isMeant(each));
    if (kind !== undefined) return { group, version, kind: kind.kind, resource: kind.resource, type: celTypeOfNode(kind.schema.node) };
    const definition = definitions.find(
      ({ spec: { names, ...spec } }) => spec.group === group && isMeant({ ...names, resource: names.plural }),
    );
    const schema = definition?.spec.versions.find((each) => each.name === version && each.served)?.schema?.openAPIV3Schema;
    if (definition === undefined || schema === undefined) return undefined;
    const { kind: name, plural } = definition.spec.names;
    // What the type admits beyond a structural schema, the rules of definitions have refused.
    const type = celTypeOfSchema(schema as unknown as StructuralSchema, { root: true, name });
    return type && { group, version, kind: name, resource: plural, type };
  };
  return {
    ofResource: (group, version, resource) => find(group, version, (names) => names.resource === resource || names.singular === resource),
    ofKind(apiVersion, kind) {
      const slash = apiVersion.indexOf("/");
      return find(apiVersion.slice(0, Math.max(0, slash)), apiVersion.slice(slash + 1), (names) => names.kind === kind);
    },
  };
}

interface Names {
  readonly kind: string;
  readonly resource: string;
  readonly singular?: string;
}
