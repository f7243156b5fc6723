import { type Pod, PodKind, type ResourceV1ResourceClaim, ResourceV1ResourceClaimKind, ResourceClaimTemplateKind } from "@kubets/api";
import { type Caches, type Controller, objectKey, watch } from "@kubets/client";
import { type ObservedClaim, reconcileClaim } from "./claim.ts";
import { measureClaims } from "./metrics.ts";
import { type ObservedPod, reconcilePod } from "./pod.ts";

type Observed = ObservedPod | ObservedClaim;

/** Pods and claims are worked on by keys of their own. */
const podPrefix = "pod/";
const claimPrefix = "claim/";

/** Makes claims of devices for Pods that want them by templates, and cleans up what Pods that ended have reserved. */
export const resourceClaimController: Controller<Observed> = {
  name: "resourceclaim",
  watches: [
    watch(PodKind, { keys: keysOfPod, indexes: { template: templatesOf } }),
    watch(ResourceV1ResourceClaimKind, { keys: keysOfClaim }),
    watch(ResourceClaimTemplateKind, {
      keys: (template, caches) =>
        caches
          .of(PodKind)
          .byIndex("template", objectKey(template))
          .map((pod) => podPrefix + objectKey(pod)),
    }),
  ],
  observe(key, caches) {
    return key.startsWith(podPrefix)
      ? observePod(key.slice(podPrefix.length), caches)
      : observeClaim(key.slice(claimPrefix.length), caches);
  },
  reconcile: (observed, _now, { random }) => (observed.of === "pod" ? reconcilePod(observed, random) : reconcileClaim(observed)),
  measure: measureClaims,
};

function templatesOf({ metadata, spec }: Pod): readonly string[] {
  return (spec.resourceClaims ?? []).flatMap(({ resourceClaimTemplateName: name }) =>
    name === undefined ? [] : [`${metadata.namespace}/${name}`],
  );
}

function keysOfPod(pod: Pod): readonly string[] {
  const claims = spokenOf(pod).map((name) => `${claimPrefix}${pod.metadata.namespace}/${name}`);
  return (pod.spec.resourceClaims ?? []).length === 0 ? [] : [podPrefix + objectKey(pod), ...claims];
}

/** The names of the claims that a Pod uses. */
function spokenOf({ spec, status }: Pod): readonly string[] {
  const made = new Map((status.resourceClaimStatuses ?? []).map(({ name, resourceClaimName }) => [name, resourceClaimName]));
  return (spec.resourceClaims ?? []).flatMap(({ name, resourceClaimName }) => resourceClaimName ?? made.get(name) ?? []);
}

function keysOfClaim(claim: ResourceV1ResourceClaim): readonly string[] {
  const owners = (claim.metadata.ownerReferences ?? []).filter(({ kind, controller }) => kind === "Pod" && controller === true);
  return [claimPrefix + objectKey(claim), ...owners.map(({ name }) => `${podPrefix}${claim.metadata.namespace}/${name}`)];
}

function observePod(key: string, caches: Caches): ObservedPod | undefined {
  const pod = caches.of(PodKind).get(key);
  if (pod === undefined) return undefined;
  const owned = caches.of(ResourceV1ResourceClaimKind).byIndex("owner", pod.metadata.uid);
  return { of: "pod", pod, owned, template: (name) => caches.of(ResourceClaimTemplateKind).get(`${pod.metadata.namespace}/${name}`) };
}

function observeClaim(key: string, caches: Caches): ObservedClaim | undefined {
  const claim = caches.of(ResourceV1ResourceClaimKind).get(key);
  if (claim === undefined) return undefined;
  return { of: "claim", claim, pod: (name) => caches.of(PodKind).get(`${claim.metadata.namespace}/${name}`) };
}
