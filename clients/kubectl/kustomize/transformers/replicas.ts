import { CommandError } from "../../errors.ts";
import { changeField, type FieldSpec } from "../field-specs.ts";
import { describeKind, isOfKind } from "../resource-id.ts";
import { allIds, type Resource } from "../resource.ts";
import type { Transformer } from "./transformer.ts";

/** Says how many replicas there are of what is called so, or once was. */
export function setReplicas(
  { name, count }: { readonly name: string; readonly count: number },
  fieldSpecs: readonly FieldSpec[],
): Transformer {
  const isMeant = (resource: Resource, spec: FieldSpec): boolean => allIds(resource).some((id) => id.name === name && isOfKind(id, spec));
  return {
    name: "ReplicaCountTransformer",
    transform(resources) {
      if (!resources.some((resource) => fieldSpecs.some((spec) => isMeant(resource, spec)))) {
        const kinds = fieldSpecs.map(describeKind).join(" ");
        throw new CommandError(`resource with name ${name} does not match a config with the following GVK [${kinds}]`);
      }
      return resources.map((resource) =>
        fieldSpecs
          .filter((spec) => isMeant(resource, spec))
          .reduce(
            (changed, spec) => ({ ...changed, object: changeField(changed.object, spec, { created: "scalar", set: () => count }) }),
            resource,
          ),
      );
    },
  };
}
