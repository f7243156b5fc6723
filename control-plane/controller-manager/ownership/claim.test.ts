import { PodKind, type ReplicaSet, ReplicaSetKind } from "@kubets/api";
import type { Kind, OwnerReference } from "@kubets/machinery";
import { expect, test } from "vitest";
import { anObject, aPod, type PodFacts } from "../testing/objects.ts";
import { claim } from "./claim.ts";

const selector = { matchLabels: { app: "web" } };
const owner = (deleting = false): ReplicaSet =>
  anObject(ReplicaSetKind, "web", {
    metadata: deleting ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {},
    spec: { selector, template: {} },
  });
const reference = (uid: string, controller = true): OwnerReference => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  name: uid,
  uid,
  controller,
});
const settle = (facts: PodFacts, leaving = false): ReturnType<typeof claim> =>
  claim({
    owner: owner(leaving),
    ownerKind: ReplicaSetKind as unknown as Kind,
    selector,
    kind: PodKind as unknown as Kind,
    candidates: [aPod("pod", facts)],
  });
const ownedBy = (...references: readonly OwnerReference[]): PodFacts["metadata"] => ({ ownerReferences: references });
const stranger = { labels: { app: "other" } };

test.each<readonly [string, PodFacts, boolean, "owned" | "not owned", readonly string[] | undefined]>([
  ["is kept while it matches", { metadata: ownedBy(reference("web")) }, false, "owned", undefined],
  ["is released when it no longer matches", { ...stranger, metadata: ownedBy(reference("web")) }, false, "not owned", []],
  ["is adopted when it matches and has no owner", {}, false, "owned", ["web"]],
  ["is left alone when it matches nothing", stranger, false, "not owned", undefined],
  ["is left to another that owns it", { metadata: ownedBy(reference("other")) }, false, "not owned", undefined],
  ["is not adopted on its way out", { deleting: true }, false, "not owned", undefined],
  ["is not adopted by an owner on its way out", {}, true, "not owned", undefined],
  ["is not released by an owner on its way out", { ...stranger, metadata: ownedBy(reference("web")) }, true, "not owned", undefined],
  ["keeps its other owners when it is adopted", { metadata: ownedBy(reference("friend", false)) }, false, "owned", ["friend", "web"]],
  ["names an owner once", { metadata: ownedBy(reference("web", false)) }, false, "owned", ["web"]],
  [
    "keeps its other owners when it is released",
    { ...stranger, metadata: ownedBy(reference("web"), reference("friend", false)) },
    false,
    "not owned",
    ["friend"],
  ],
])("a Pod %s", (_rule, facts, leaving, verdict, owners) => {
  const { owned, actions } = settle(facts, leaving);
  expect(owned.length === 1 ? "owned" : "not owned").toBe(verdict);
  expect(actions).toMatchObject(
    owners === undefined
      ? []
      : [{ verb: "patch", patch: { metadata: { uid: "pod", resourceVersion: "1", ownerReferences: owners.map((uid) => ({ uid })) } } }],
  );
});
