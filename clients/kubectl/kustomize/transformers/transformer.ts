import type { Origin } from "../origin.ts";
import type { Resource } from "../resource.ts";

/** One step that all resources of a kustomization go through. */
export interface Transformer {
  /** As upstream calls it, where a kustomization asks what changed its resources. */
  readonly name: string;
  /** Of one that was configured in a file of its own. */
  readonly origin?: Origin;
  transform(resources: readonly Resource[]): readonly Resource[];
}

/** A step that looks at one resource at a time. */
export function eachResource(name: string, transform: (resource: Resource) => Resource): Transformer {
  return { name, transform: (resources) => resources.map(transform) };
}
