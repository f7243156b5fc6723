import { CommandError } from "../../errors.ts";
import type { Configuration } from "../configuration.ts";
import { changeFields, type FieldChange, type FieldSpec, mergeFieldSpecs } from "../field-specs.ts";
import type { Label } from "../kustomization.ts";
import { isMap, isMissing } from "../scalars.ts";
import { eachResource, type Transformer } from "./transformer.ts";

type Texts = Readonly<Record<string, string>>;

function addTexts(texts: Texts): FieldChange {
  return {
    created: "map",
    set: (value) => {
      if (!isMissing(value) && !isMap(value)) throw new CommandError("wrong Node Kind: labels and annotations stand in a map");
      return { ...(isMap(value) ? value : {}), ...texts };
    },
  };
}

export function addLabels(labels: Texts, fieldSpecs: readonly FieldSpec[]): Transformer {
  return texts("LabelTransformer", labels, fieldSpecs);
}

export function addAnnotations(annotations: Texts, fieldSpecs: readonly FieldSpec[]): Transformer {
  return texts("AnnotationsTransformer", annotations, fieldSpecs);
}

function texts(name: string, added: Texts, fieldSpecs: readonly FieldSpec[]): Transformer {
  if (Object.keys(added).length === 0) return { name, transform: (resources) => resources };
  const change = addTexts(added);
  return eachResource(name, (resource) => ({ ...resource, object: changeFields(resource.object, fieldSpecs, change) }));
}

/** Where the labels of an entry of `labels` are put. */
export function fieldsOfLabel(label: Label, configuration: Configuration): readonly FieldSpec[] {
  const own = mergeFieldSpecs(label.fields, configuration.labels);
  if (label.includeSelectors) return mergeFieldSpecs(own, configuration.commonLabels);
  const withTemplates = label.includeTemplates ? mergeFieldSpecs(own, configuration.templateLabels) : own;
  return mergeFieldSpecs(withTemplates, [{ path: "metadata/labels", create: true }]);
}
