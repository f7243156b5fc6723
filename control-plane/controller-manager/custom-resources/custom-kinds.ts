import { type CustomResourceDefinition, CustomResourceDefinitionKind, isDefinitionCondition } from "@kubets/api";
import type { Caches, DeclaredKinds, Watch } from "@kubets/client";
import { defineKind, type Kind, kindObject, type KubernetesObject, type Schema } from "@kubets/machinery";

/**
 * The kind that a definition has served, as far as controllers need it that work on objects of every kind: what an object is called, where it
 * is, who owns it. `undefined` while nothing is served.
 */
export function customKindOf(definition: CustomResourceDefinition): Kind | undefined {
  const { spec, status, metadata } = definition;
  const { plural, kind } = status.acceptedNames;
  const served = spec.versions.filter((version) => version.served);
  const version = served.find(({ storage }) => storage) ?? served[0];
  if (version === undefined || plural === "" || kind === "" || !isDefinitionCondition(definition, "Established")) return undefined;
  const identity = `${metadata.uid} ${version.name} ${plural} ${kind}`;
  let known = kinds.get(identity);
  if (known === undefined) {
    known = defineKind({
      group: spec.group,
      version: version.name,
      kind,
      resource: plural,
      scope: spec.scope === "Cluster" ? "Cluster" : "Namespaced",
      schema: anyObject,
    });
    kinds.set(identity, known);
  }
  return known;
}

const anyObject: Schema<KubernetesObject> = kindObject<KubernetesObject>(
  "CustomObject",
  "An object of which only the metadata matters.",
  {},
);

// The same kind for all who ask, so that they share what is cached by it.
const kinds = new Map<string, Kind>();

const derived = new WeakMap<readonly CustomResourceDefinition[], readonly Kind[]>();

/** The kinds that all definitions have served now. */
export function customKinds(caches: Caches): readonly Kind[] {
  // The same array while nothing changes.
  const definitions = caches.of(CustomResourceDefinitionKind).list();
  let known = derived.get(definitions);
  if (known === undefined) {
    known = definitions.map(customKindOf).filter((kind) => kind !== undefined);
    derived.set(definitions, known);
  }
  return known;
}

/** Has the kinds of definitions watched. */
export function declaredByDefinitions(watches: (kind: Kind) => readonly Watch[], more: Pick<DeclaredKinds, "known"> = {}): DeclaredKinds {
  return {
    ...more,
    by: CustomResourceDefinitionKind as unknown as Kind,
    watches(object) {
      const kind = customKindOf(object as CustomResourceDefinition);
      return kind === undefined ? [] : watches(kind);
    },
  };
}
