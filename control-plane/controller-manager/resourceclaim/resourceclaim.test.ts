import {
  type Pod,
  type ResourceV1ResourceClaim,
  ResourceV1ResourceClaimKind,
  type ResourceClaimTemplate,
  ResourceClaimTemplateKind,
} from "@kubets/api";
import { seededRandom } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, anObject, aPod, type PodFacts, verbsOf } from "../testing/objects.ts";
import { reconcileClaim } from "./claim.ts";
import { reconcilePod } from "./pod.ts";

const claims = [
  { name: "gpu", resourceClaimTemplateName: "large" },
  { name: "shared", resourceClaimName: "theirs" },
];
const aUser = (facts: PodFacts = {}, statuses: readonly object[] = []): Pod => {
  const pod = aPod("trainer", { ...facts, spec: { resourceClaims: claims, ...facts.spec } });
  return {
    ...pod,
    status: {
      ...pod.status,
      ...(statuses.length === 0 ? {} : { resourceClaimStatuses: statuses as NonNullable<Pod["status"]["resourceClaimStatuses"]> }),
    },
  };
};
const template = (): ResourceClaimTemplate =>
  anObject(ResourceClaimTemplateKind, "large", {
    spec: {
      metadata: { labels: { size: "large" } },
      spec: { devices: { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu" } }] } },
    },
  });
interface ClaimFacts {
  readonly reservedFor?: readonly string[];
  readonly allocated?: boolean;
  readonly held?: boolean;
  readonly deleting?: boolean;
  readonly owner?: string;
}
const protection = "resource.kubernetes.io/delete-protection";
const claim = ({
  reservedFor = [],
  allocated = false,
  held = allocated,
  deleting = false,
  owner,
}: ClaimFacts = {}): ResourceV1ResourceClaim =>
  anObject(ResourceV1ResourceClaimKind, "claim", {
    metadata: {
      annotations: { "resource.kubernetes.io/pod-claim-name": "gpu" },
      ...(held ? { finalizers: [protection] } : {}),
      ...(deleting ? { deletionTimestamp: ago(1) } : {}),
      ...(owner === undefined ? {} : { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: owner, uid: owner, controller: true }] }),
    },
    status: {
      ...(allocated ? { allocation: {} } : {}),
      ...(reservedFor.length === 0 ? {} : { reservedFor: reservedFor.map((name) => ({ resource: "pods", name, uid: name })) }),
    },
  });
const decidePod = (
  pod: Pod,
  { owned = [], isThere = true }: { readonly owned?: readonly ResourceV1ResourceClaim[]; readonly isThere?: boolean } = {},
) => reconcilePod({ of: "pod", pod, owned, template: () => (isThere ? template() : undefined) }, seededRandom(1));

test("a Pod gets the claims that it wants by templates, and is told their names", () => {
  const [made, told] = decidePod(aUser()).actions;
  expect(made).toMatchObject({
    verb: "create",
    object: {
      metadata: {
        generateName: "trainer-gpu-",
        labels: { size: "large" },
        annotations: { "resource.kubernetes.io/pod-claim-name": "gpu" },
        ownerReferences: [{ kind: "Pod", name: "trainer", controller: true, blockOwnerDeletion: true }],
      },
      spec: { devices: { requests: [{ name: "gpu" }] } },
    },
  });
  const { name } = (made as unknown as { object: ResourceV1ResourceClaim }).object.metadata;
  expect(told).toMatchObject({
    subresource: "status",
    patch: { status: { resourceClaimStatuses: [{ name: "gpu", resourceClaimName: name }] } },
  });
});

test.each<readonly [string, ReturnType<typeof decidePod>, readonly string[]]>([
  ["that knows its claims needs none", decidePod(aUser({}, [{ name: "gpu", resourceClaimName: "claim" }])), []],
  [
    "whose claim is there is told of it, and gets no other",
    decidePod(aUser(), { owned: [claim({ owner: "trainer" })] }),
    ["patch trainer"],
  ],
  ["whose template isn't there waits", decidePod(aUser(), { isThere: false }), ["event FailedResourceClaimCreation"]],
  ["that has ended needs none", decidePod(aUser({ phase: "Succeeded" })), []],
  ["on its way out needs none", decidePod(aUser({ deleting: true })), []],
])("a Pod %s", (_what, { actions }, verbs) => {
  expect(verbsOf(actions)).toEqual(verbs);
});

const running = aUser({ node: "a" });
const ended = aUser({ node: "a", phase: "Succeeded" });
/** What is written: what is left of reservations and of the allocation, or `released` when only the finalizer goes. */
function outcome(observed: ResourceV1ResourceClaim, pod: Pod | undefined): readonly string[] {
  return reconcileClaim({ of: "claim", claim: observed, pod: (name) => (pod?.metadata.name === name ? pod : undefined) }).actions.map(
    (action) => {
      if (action.verb === "update") return "released";
      if (action.verb !== "updateStatus") return action.verb;
      const { status } = action.object as ResourceV1ResourceClaim;
      return `reserved ${status.reservedFor?.length ?? 0}, ${status.allocation === undefined ? "free" : "allocated"}`;
    },
  );
}

test.each<readonly [string, ResourceV1ResourceClaim, Pod | undefined, readonly string[]]>([
  ["a running Pod has reserved stays", claim({ reservedFor: ["trainer"], allocated: true }), running, []],
  ["a Pod that ended has reserved is free again", claim({ reservedFor: ["trainer"], allocated: true }), ended, ["reserved 0, free"]],
  ["a Pod that is gone has reserved is free again", claim({ reservedFor: ["trainer"], allocated: true }), undefined, ["reserved 0, free"]],
  [
    "one of two Pods still uses stays allocated",
    claim({ reservedFor: ["trainer", "gone"], allocated: true }),
    running,
    ["reserved 1, allocated"],
  ],
  ["nothing is allocated for any more isn't held", claim({ held: true }), undefined, ["released"]],
  ["is to go and is allocated is given back first", claim({ allocated: true, deleting: true }), undefined, ["reserved 0, free"]],
  ["is to go and has nothing goes", claim({ held: true, deleting: true }), undefined, ["released"]],
  ["has been allocated and not reserved yet stays", claim({ allocated: true }), undefined, []],
  ["was made for a Pod that ended goes", claim({ owner: "trainer" }), ended, ["delete"]],
  ["was made for a Pod that runs stays", claim({ owner: "trainer" }), running, []],
])("a claim that %s", (_what, observed, pod, expected) => {
  expect(outcome(observed, pod)).toEqual(expected);
});
