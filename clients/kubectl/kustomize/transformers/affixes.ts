import { changeField, type FieldSpec } from "../field-specs.ts";
import { isOfKind, type KindSelector } from "../resource-id.ts";
import { originalId, remembered, type Resource } from "../resource.ts";
import { textOf } from "../scalars.ts";
import { eachResource, type Transformer } from "./transformer.ts";

/** Kinds whose names mean something outside of the kustomization. */
const unchanged: readonly KindSelector[] = [
  { kind: "CustomResourceDefinition" },
  { group: "apiregistration.k8s.io", kind: "APIService" },
  { kind: "Namespace" },
];

/** Puts a text before names. */
export function addPrefix(prefix: string, fieldSpecs: readonly FieldSpec[]): Transformer {
  const remember = (resource: Resource): Resource => ({ ...remembered(resource), prefixes: [...resource.prefixes, prefix] });
  return affixer("PrefixTransformer", fieldSpecs, { remember, name: (name) => `${prefix}${name}`, isNothing: prefix === "" });
}

/** Puts a text behind names. */
export function addSuffix(suffix: string, fieldSpecs: readonly FieldSpec[]): Transformer {
  const remember = (resource: Resource): Resource => ({ ...remembered(resource), suffixes: [...resource.suffixes, suffix] });
  return affixer("SuffixTransformer", fieldSpecs, { remember, name: (name) => `${name}${suffix}`, isNothing: suffix === "" });
}

interface Affix {
  readonly remember: (resource: Resource) => Resource;
  readonly name: (name: string) => string;
  readonly isNothing: boolean;
}

function affixer(transformer: string, fieldSpecs: readonly FieldSpec[], { remember, name, isNothing }: Affix): Transformer {
  return eachResource(transformer, (resource) => {
    const id = originalId(resource);
    if (isNothing || unchanged.some((kind) => isOfKind(id, kind))) return resource;
    return fieldSpecs
      .filter((spec) => isOfKind(id, spec))
      .reduce((changed, spec) => {
        const before = spec.path === "metadata/name" ? remember(changed) : changed;
        return { ...before, object: changeField(before.object, spec, { created: "scalar", set: (value) => name(textOf(value)) }) };
      }, resource);
  });
}
