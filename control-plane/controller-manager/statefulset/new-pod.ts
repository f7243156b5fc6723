import { type Pod, type PodTemplateSpec, type StatefulSet, StatefulSetKind } from "@kubets/api";
import type { DraftObject } from "@kubets/client";
import type { Kind } from "@kubets/machinery";
import { podRevisionLabel, type Revision } from "../history/controller-revisions.ts";
import { controllerReference } from "../ownership/claim.ts";
import { claimNameOf, identityLabels, podNameOf } from "./identity.ts";

/** The Pod for a place: the revision's template, with the name, host name and claims of the place. */
export function newPod(set: StatefulSet, ordinal: number, { name: revision, template }: Revision): DraftObject<Pod> {
  const { labels, annotations, finalizers } = template.metadata;
  const name = podNameOf(set, ordinal);
  return {
    metadata: {
      name,
      generateName: `${set.metadata.name}-`,
      ...(set.metadata.namespace === undefined ? {} : { namespace: set.metadata.namespace }),
      labels: { ...labels, ...identityLabels(set, ordinal), [podRevisionLabel]: revision },
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(set, StatefulSetKind as unknown as Kind)],
    },
    spec: {
      ...template.spec,
      hostname: name,
      ...(set.spec.serviceName === "" ? {} : { subdomain: set.spec.serviceName }),
      volumes: [...ownVolumes(set, template), ...claimedVolumes(set, ordinal)],
    },
  };
}

/** A claim template takes the place of a volume of the same name. */
function ownVolumes({ spec }: StatefulSet, template: PodTemplateSpec): NonNullable<Pod["spec"]["volumes"]> {
  const claimed = new Set(spec.volumeClaimTemplates?.map(({ metadata }) => metadata.name));
  return template.spec.volumes?.filter(({ name }) => !claimed.has(name)) ?? [];
}

function claimedVolumes(set: StatefulSet, ordinal: number): NonNullable<Pod["spec"]["volumes"]> {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: claimNameOf(set, template, ordinal), readOnly: false },
  }));
}
