import {
  type ControllerRevision,
  ControllerRevisionKind,
  PersistentVolumeClaimKind,
  type Pod,
  type StatefulSet,
  StatefulSetKind,
} from "@kubets/api";
import { alreadyExists, badRequest, type Kind } from "@kubets/machinery";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anObject, aPod, noon, verbsOf } from "../testing/objects.ts";
import { reconcile, refused, type Observed } from "./reconcile.ts";

const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "db", uid: "db", controller: true };
const template = (image: string) => ({ metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "db", image }] } });

function aSet(
  spec: object = {},
  { status = {}, metadata = {} }: { readonly status?: object; readonly metadata?: object } = {},
): StatefulSet {
  const complete = { selector: { matchLabels: { app: "db" } }, serviceName: "db", template: template("db:2"), ...spec };
  return anObject(StatefulSetKind, "db", { spec: complete, status: { currentRevision: "db-old", ...status }, metadata });
}

/** The revisions as the server has them: what the template of `db:1` was, and the present one. */
const revision = (name: string, image: string, number: number): ControllerRevision =>
  anObject(ControllerRevisionKind, name, {
    metadata: { labels: { app: "db", "controller.kubernetes.io/hash": name }, ownerReferences: [owner] },
    data: { spec: { template: { ...aSet({ template: template(image) }).spec.template, $patch: "replace" } } },
    revision: number,
  });
const revisions = [revision("db-old", "db:1", 1), revision("db-new", "db:2", 2)];

type Health = "ready" | "cold" | "leaving" | "failed";
function aMember(ordinal: number, of: "old" | "new", health: Health = "ready"): Pod {
  const name = `db-${ordinal}`;
  const labels = {
    app: "db",
    "controller-revision-hash": `db-${of}`,
    "statefulset.kubernetes.io/pod-name": name,
    "apps.kubernetes.io/pod-index": String(ordinal),
  };
  return aPod(name, {
    labels,
    metadata: { ownerReferences: [owner] },
    phase: health === "failed" ? "Failed" : "Running",
    deleting: health === "leaving",
    ...(health === "ready" || health === "leaving" ? { readyFor: 60 } : {}),
  });
}

const observed = (set: StatefulSet, pods: readonly Pod[], claims: readonly string[] = []): Observed => ({
  set,
  candidates: pods,
  revisions,
  claimNamed: (name) => (claims.includes(name) ? anObject(PersistentVolumeClaimKind, name) : undefined),
});
const decide = (set: StatefulSet, pods: readonly Pod[], claims?: readonly string[]): readonly string[] =>
  verbsOf(reconcile(observed(set, pods, claims), noon).actions).filter(
    (verb) => !verb.startsWith("event") && !verb.startsWith("updateStatus"),
  );

test.each<readonly [string, object, readonly Pod[], readonly string[]]>([
  ["makes the lowest first", { replicas: 3 }, [], ["create Pod"]],
  ["waits for a Pod that isn't ready before it makes the next", { replicas: 3 }, [aMember(0, "new", "cold")], []],
  ["makes the next once the one before is ready", { replicas: 3 }, [aMember(0, "new")], ["create Pod"]],
  ["makes all at once in parallel", { replicas: 3, podManagementPolicy: "Parallel" }, [], Array(3).fill("create Pod")],
  ["fills a gap before it goes on", { replicas: 3 }, [aMember(0, "new"), aMember(2, "new")], ["create Pod"]],
  ["takes away the highest first", { replicas: 1 }, [aMember(0, "new"), aMember(1, "new"), aMember(2, "new")], ["delete db-2"]],
  ["waits until the highest is gone", { replicas: 1 }, [aMember(0, "new"), aMember(1, "new"), aMember(2, "new", "leaving")], []],
  ["does not scale down while a Pod that stays isn't well", { replicas: 1 }, [aMember(0, "new", "cold"), aMember(1, "new")], []],
  ["makes a failed Pod anew", { replicas: 1 }, [aMember(0, "new", "failed")], ["delete db-0"]],
  ["numbers from its start", { replicas: 1, ordinals: { start: 5 } }, [aMember(0, "new"), aMember(5, "new")], ["delete db-0"]],
  ["replaces the highest old Pod first", { replicas: 2 }, [aMember(0, "old"), aMember(1, "old")], ["delete db-1"]],
  ["waits for a replaced Pod", { replicas: 2 }, [aMember(0, "old"), aMember(1, "new", "cold")], []],
  ["leaves Pods to be deleted by hand", { replicas: 1, updateStrategy: { type: "OnDelete" } }, [aMember(0, "old")], []],
  [
    "stops at the partition",
    { replicas: 2, updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } } },
    [aMember(0, "old"), aMember(1, "new")],
    [],
  ],
  [
    "mends labels that were taken away",
    { replicas: 1 },
    [{ ...aMember(0, "new"), metadata: { ...aMember(0, "new").metadata, labels: { app: "db", "controller-revision-hash": "db-new" } } }],
    ["update db-0"],
  ],
])("a StatefulSet %s", (_rule, spec, pods, verbs) => {
  expect(decide(aSet(spec), pods)).toEqual(verbs);
});

test("a Pod below the partition is made of the old template", () => {
  const set = aSet({ replicas: 1, updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } } });
  const creation = reconcile(observed(set, []), noon).actions.find(({ verb }) => verb === "create");
  expect(creation).toMatchObject({
    object: { spec: { containers: [{ image: "db:1" }] }, metadata: { labels: { "controller-revision-hash": "db-old" } } },
  });
});

test("claims come before their Pod, and only those that are missing", () => {
  const claimTemplate = (name: string) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name },
    spec: { accessModes: ["ReadWriteOnce"] },
  });
  const set = aSet({ replicas: 1, volumeClaimTemplates: [claimTemplate("data"), claimTemplate("log")] });
  expect(decide(set, [])).toEqual(["create PersistentVolumeClaim", "create PersistentVolumeClaim", "create Pod"]);
  expect(decide(set, [], ["data-db-0"])).toEqual(["create PersistentVolumeClaim", "create Pod"]);
});

test("a new template becomes a new revision, and an old one that comes back the newest again", () => {
  const fresh = reconcile(observed(aSet({ replicas: 0, template: template("db:3") }), []), noon).actions;
  expect(fresh[0]).toMatchObject({ verb: "create", object: { revision: 3, data: { spec: { template: { $patch: "replace" } } } } });
  const back = reconcile(observed(aSet({ replicas: 0, template: template("db:1") }), []), noon).actions;
  expect(back[0]).toMatchObject({ verb: "update", object: { metadata: { name: "db-old" }, revision: 3 } });
});

test("revisions beyond the limit go, the oldest first, but none that a Pod is of", () => {
  const set = aSet({ replicas: 1, revisionHistoryLimit: 0 }, { status: { currentRevision: "db-new" } });
  expect(decide(set, [aMember(0, "new")])).toEqual(["delete db-old"]);
  expect(decide({ ...set, spec: { ...set.spec, updateStrategy: { type: "OnDelete" } } }, [aMember(0, "old")])).toEqual([]);
});

test("a revision's name that is taken by another content is avoided; a refused Pod is told", () => {
  const creation = reconcile(observed(aSet({ replicas: 1, template: template("db:3") }), []), noon).actions;
  const [ofRevision, ofPod] = ["ControllerRevision", "Pod"].map((kind) =>
    creation.find((action) => action.verb === "create" && action.kind.kind === kind)!,
  );
  const taken = alreadyExists(ControllerRevisionKind as unknown as Kind, "db-x");
  expect(refused(observed(aSet(), []), ofRevision!, taken)?.actions).toMatchObject([
    { verb: "updateStatus", object: { status: { collisionCount: 1 } } },
  ]);
  expect(refused(observed(aSet(), []), ofPod!, badRequest("exceeded quota"))?.actions).toMatchObject([
    { verb: "event", reason: "FailedCreate", message: "create Pod db-0 in StatefulSet db failed error: exceeded quota" },
  ]);
});

test("replacing never takes more available Pods away than may be missing, and always goes on", () => {
  const health = fc.constantFrom<Health>("ready", "ready", "ready", "cold", "leaving");
  const member = fc.record({ of: fc.constantFrom<"old" | "new">("old", "new"), health });
  fc.assert(
    fc.property(fc.array(member, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 4 }), (members, maxUnavailable) => {
      const pods = members.map(({ of, health: how }, ordinal) => aMember(ordinal, of, how));
      const updateStrategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable } };
      const set = aSet({ replicas: pods.length, podManagementPolicy: "Parallel", updateStrategy });
      const going = new Set(decide(set, pods).map((verb) => verb.replace("delete ", "")));
      const ready = members.flatMap((each, ordinal) => (each.health === "ready" ? [{ ...each, name: `db-${ordinal}` }] : []));
      const left = ready.filter(({ name }) => !going.has(name)).length;
      expect(left).toBeGreaterThanOrEqual(Math.min(ready.length, pods.length - maxUnavailable));
      const allWell = members.every((each) => each.health === "ready");
      const anyOld = members.some(({ of }) => of === "old");
      if (allWell && anyOld) expect(going.size).toBeGreaterThan(0);
      for (const name of going) expect(members[Number(name.slice(3))]!.of).toBe("old");
    }),
  );
});
