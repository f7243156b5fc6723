import {
  isPodTerminal,
  type Pod,
  PodKind,
  type PodResourceClaim,
  type ResourceV1ResourceClaim,
  ResourceV1ResourceClaimKind,
  type ResourceClaimTemplate,
} from "@kubets/api";
import { type Action, create, type Decision, event, nothing, patch } from "@kubets/client";
import { type Kind, nameSuffix, type Random } from "@kubets/machinery";
import { controllerReference } from "../ownership/claim.ts";

/** Which entry of its Pod's claims a claim was made for. */
export const podClaimName = "resource.kubernetes.io/pod-claim-name";

export interface ObservedPod {
  readonly of: "pod";
  readonly pod: Pod;
  /** The claims that the Pod owns. */
  readonly owned: readonly ResourceV1ResourceClaim[];
  readonly template: (name: string) => ResourceClaimTemplate | undefined;
}

/** Milliseconds until a template is looked for again that isn't there yet. */
const retryAfter = 5_000;
/** A claim's name leaves room for the five characters of its suffix. */
const longestPrefix = 253 - 5;

/** Makes the claims that a Pod wants by templates, and tells the Pod what they are called. */
export function reconcilePod({ pod, owned, template }: ObservedPod, random: Random): Decision {
  if (isDone(pod) || pod.metadata.deletionTimestamp !== undefined) return nothing;
  const known = new Map((pod.status.resourceClaimStatuses ?? []).map(({ name, resourceClaimName }) => [name, resourceClaimName]));
  const found = new Map<string, string | undefined>();
  const actions: Action[] = [];
  let isWaiting = false;
  for (const podClaim of pod.spec.resourceClaims ?? []) {
    const templateName = podClaim.resourceClaimTemplateName ?? "";
    if (templateName === "" || known.has(podClaim.name)) continue;
    const present = owned.find(({ metadata }) => metadata.annotations?.[podClaimName] === podClaim.name);
    const from = present === undefined ? template(templateName) : undefined;
    if (present !== undefined) found.set(podClaim.name, present.metadata.name);
    else if (from === undefined) {
      isWaiting = true;
      const message = `PodResourceClaim ${podClaim.name}: resource claim template ${JSON.stringify(templateName)}: resourceclaimtemplate.resource.k8s.io "${templateName}" not found`;
      actions.push(event(pod, "Warning", "FailedResourceClaimCreation", message));
    } else {
      const claim = claimFor(pod, podClaim, from, random);
      actions.push(create(ResourceV1ResourceClaimKind, claim));
      found.set(podClaim.name, claim.metadata.name);
    }
  }
  if (found.size > 0) actions.push(told(pod, known, found));
  return { actions, ...(isWaiting ? { requeueAfter: retryAfter } : {}) };
}

/** Nothing of it will run any more, or ever. */
export function isDone(pod: Pod): boolean {
  return isPodTerminal(pod) || (pod.metadata.deletionTimestamp !== undefined && (pod.spec.nodeName ?? "") === "");
}

type NewClaim = Parameters<typeof create<ResourceV1ResourceClaim>>[1] & { readonly metadata: { readonly name: string } };

function claimFor(pod: Pod, { name }: PodResourceClaim, { spec }: ResourceClaimTemplate, random: Random): NewClaim {
  const { labels, annotations } = spec.metadata ?? {};
  const prefix = `${pod.metadata.name}-${name}-`;
  return {
    metadata: {
      name: `${prefix.slice(0, longestPrefix)}${nameSuffix(random)}`,
      generateName: prefix,
      ...(pod.metadata.namespace === undefined ? {} : { namespace: pod.metadata.namespace }),
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, [podClaimName]: name },
      ownerReferences: [controllerReference(pod, PodKind as unknown as Kind)],
    },
    spec: spec.spec,
  };
}

function told(pod: Pod, known: ReadonlyMap<string, string | undefined>, found: ReadonlyMap<string, string | undefined>): Action {
  const statuses = [...known, ...found].map(([name, resourceClaimName]) => ({
    name,
    ...(resourceClaimName === undefined ? {} : { resourceClaimName }),
  }));
  const change = { metadata: { uid: pod.metadata.uid }, status: { resourceClaimStatuses: statuses } };
  return patch(PodKind, pod, change, { type: "strategic", subresource: "status" });
}
