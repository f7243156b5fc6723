import { type PersistentVolumeClaim, PersistentVolumeClaimKind } from "@kubets/api";
import { forbiddenTo } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, anObject, aPod, verbsOf } from "../testing/objects.ts";
import { reconcile, refused } from "./index.ts";

const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
const volumes = [
  { name: "scratch", ephemeral: { volumeClaimTemplate: { metadata: { labels: { kind: "scratch" } }, spec } } },
  { name: "other", emptyDir: {} },
];
const pod = aPod("web", { spec: { volumes } });
const claimOf = (uid: string): ReadonlyMap<string, PersistentVolumeClaim> => {
  const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name: "web", uid, controller: true }];
  return new Map([["web-scratch", anObject(PersistentVolumeClaimKind, "web-scratch", { metadata: { ownerReferences } })]]);
};

test("a Pod's ephemeral volume gets a claim of the Pod's and the volume's name, which belongs to the Pod", () => {
  expect(reconcile({ pod, claims: new Map() }).actions).toMatchObject([
    {
      verb: "create",
      object: {
        metadata: {
          name: "web-scratch",
          namespace: "default",
          labels: { kind: "scratch" },
          ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "web", uid: "web", controller: true, blockOwnerDeletion: true }],
        },
        spec,
      },
    },
  ]);
  expect(reconcile({ pod, claims: claimOf("web") }).actions).toEqual([]);
});

test("a claim of the name that belongs to somebody else is left alone, and told of", () => {
  expect(reconcile({ pod, claims: claimOf("another") }).actions).toMatchObject([
    {
      verb: "event",
      type: "Warning",
      reason: "FailedBinding",
      message: "ephemeral volume scratch: PVC default/web-scratch was not created for pod default/web (pod is not owner)",
    },
  ]);
});

test("a Pod that is being deleted gets no claims, and one whose claim is refused says so", () => {
  const leaving = aPod("web", { spec: { volumes }, metadata: { deletionTimestamp: ago(1) } });
  expect(reconcile({ pod: leaving, claims: new Map() }).actions).toEqual([]);
  const [creation] = reconcile({ pod, claims: new Map() }).actions;
  const error = forbiddenTo(PersistentVolumeClaimKind, "web-scratch", "exceeded quota");
  const answer = refused({ pod, claims: new Map() }, creation!, error);
  expect(verbsOf(answer!.actions)).toEqual(["event FailedBinding"]);
});
