import { sameJson } from "@kubets/machinery";
import type { CustomResourceDefinition } from "./custom-resource-definition.ts";

/** What an update may leave wrong, because it was so before: rules that came later don't lock anybody out. */
export interface Tolerance {
  readonly missingSchemas?: boolean;
  readonly unknownReviewVersions?: boolean;
  /** The versions whose schema is as it was: what it costs isn't asked again. */
  readonly unchangedVersions?: ReadonlySet<string>;
  readonly tooManySelectableFields?: ReadonlySet<string>;
}

/** How many fields objects of a version can be selected by. */
export const mostSelectableFields = 8;

export function toleranceOf({ spec }: CustomResourceDefinition, { spec: before }: CustomResourceDefinition): Tolerance {
  const reviewed = before.conversion?.webhook?.conversionReviewVersions ?? [];
  const same = (pick: (version: (typeof spec.versions)[number]) => unknown): readonly string[] =>
    spec.versions
      .filter((version) => before.versions.some((each) => each.name === version.name && sameJson(pick(each), pick(version))))
      .map(({ name }) => name);
  const crowded = before.versions
    .filter(({ selectableFields = [] }) => selectableFields.length > mostSelectableFields)
    .map(({ name }) => name);
  return {
    missingSchemas: before.versions.some(({ schema }) => schema?.openAPIV3Schema === undefined),
    unknownReviewVersions: reviewed.length > 0 && !reviewed.some((version) => version === "v1" || version === "v1beta1"),
    unchangedVersions: new Set(same(({ schema }) => schema)),
    tooManySelectableFields: new Set(same(({ selectableFields }) => selectableFields).filter((name) => crowded.includes(name))),
  };
}
