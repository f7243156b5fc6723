import { formatYaml } from "@kubets/machinery";
import { CommandError } from "../errors.ts";
import type { JsonObject } from "../json-object.ts";
import { accumulate, type Build } from "./accumulate.ts";
import { hashed } from "./hash.ts";
import { type LoadRestriction, Root } from "./files.ts";
import { followNames } from "./name-references.ts";
import { describeOrigin, describeTransformations, originAnnotation, transformationsAnnotation } from "./origin.ts";
import { annotationsOf, type Resource, withTexts } from "./resource.ts";
import { plainOf } from "./scalars.ts";
import { readTarget } from "./target.ts";
import { addLabels } from "./transformers/labels.ts";
import { inOrder } from "./transformers/sort-order.ts";
import { resolveVariables } from "./variables.ts";

export interface BuildOptions extends Build {
  readonly loadRestriction?: LoadRestriction;
}

/**
 * The objects that the kustomization in a folder makes, in the order in which they are to be applied.
 *
 * Throws a {@link CommandError}, mostly in upstream's words. Nothing is fetched, no program is run, and files outside of the folders of
 * the kustomizations aren't read.
 */
export async function buildKustomization(
  path: string,
  { loadRestriction = "root only", ...build }: BuildOptions,
): Promise<readonly JsonObject[]> {
  const target = await readTarget(await Root.at(path, build.files, loadRestriction), build.warn);
  const { buildMetadata, sortOptions } = target.kustomization;
  for (const option of buildMetadata)
    if (!metadataOptions.includes(option))
      throw new CommandError(`"${option}" is not a valid option for buildMetadata; use ${metadataOptions.join(", ")}`);
  const { resources, configuration, variables } = await accumulate({ target, folder: buildMetadata.length === 0 ? undefined : "", build });
  const named = followNames(resources.map(hashed), configuration.nameReference);
  const resolved = resolveVariables(named, variables, { fieldSpecs: configuration.varReference, warn: build.warn });
  const ordered = inOrder(resolved.filter(isApplied), sortOptions ?? { order: "legacy" });
  const labeled = buildMetadata.includes("managedByLabel") ? managedBy.transform(ordered) : ordered;
  return labeled.map((resource) => finished(resource, buildMetadata));
}

const metadataOptions = ["originAnnotations", "transformerAnnotations", "managedByLabel"];

/** What the kustomize within a kubectl says of itself. */
const managedBy = addLabels({ "app.kubernetes.io/managed-by": "kustomize-(devel)" }, [{ path: "metadata/labels", create: true }]);

/** The objects as documents of YAML. */
export function formatObjects(objects: readonly JsonObject[]): string {
  return objects.map(formatYaml).join("---\n");
}

/** What only tools on the way are told by isn't applied. */
function isApplied(resource: Resource): boolean {
  return (annotationsOf(resource)["config.kubernetes.io/local-config"] ?? "false") === "false";
}

function finished(resource: Resource, buildMetadata: readonly string[]): JsonObject {
  const { origin, transformations, object } = resource;
  const { [originAnnotation]: _, [transformationsAnnotation]: __, ...annotations } = annotationsOf(resource);
  const told = {
    ...annotations,
    ...(origin !== undefined && buildMetadata.includes("originAnnotations") ? { [originAnnotation]: describeOrigin(origin) } : {}),
    ...(transformations.length > 0 && buildMetadata.includes("transformerAnnotations")
      ? { [transformationsAnnotation]: describeTransformations(transformations) }
      : {}),
  };
  return plainOf(withTexts(object, "annotations", told)) as JsonObject;
}
