import type { Pod, PodTemplateSpec } from "@kubets/api";
import type { DraftObject } from "@kubets/client";
import { type Kind, type KubernetesObject, nameSuffix, type Random } from "@kubets/machinery";
import { controllerReference } from "./claim.ts";

/** A Pod name leaves room for the five characters of its suffix. */
const longestPrefix = 63 - 5;

/**
 * The Pod that an owner makes from its template: the template's labels, annotations and finalizers, a name of the owner's with a
 * random end, and the owner as controller. The name is chosen here, not by the server, so that a decision can speak of it.
 */
export function podFromTemplate({
  owner,
  ownerKind,
  template,
  random,
}: {
  readonly owner: KubernetesObject;
  readonly ownerKind: Kind;
  readonly template: PodTemplateSpec;
  readonly random: Random;
}): DraftObject<Pod> & { readonly metadata: { readonly name: string } } {
  const { labels, annotations, finalizers } = template.metadata;
  const prefix = `${owner.metadata.name}-`;
  return {
    metadata: {
      name: `${prefix.slice(0, longestPrefix)}${nameSuffix(random)}`,
      generateName: prefix,
      ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(owner, ownerKind)],
    },
    spec: template.spec,
  };
}
