import { PodKind, ReplicaSetKind } from "@kubets/api";
import type { Kind, OwnerReference } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, anObject, aPod, verbsOf } from "../testing/objects.ts";
import type { Located, Owner } from "./graph.ts";
import { reconcile } from "./reconcile.ts";

const podKind = PodKind as unknown as Kind;
const ownerKind = ReplicaSetKind as unknown as Kind;
const deletedWith = (...finalizers: readonly string[]): object => ({ deletionTimestamp: ago(1), finalizers });
const reference = (uid: string, blockOwnerDeletion?: boolean): OwnerReference => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  name: uid,
  uid,
  ...(blockOwnerDeletion === undefined ? {} : { blockOwnerDeletion }),
});

type State = "there" | "waiting" | "gone" | "elsewhere" | "unreachable";
function owner(uid: string, state: State): Owner {
  if (state === "there") return { state: "solid" };
  if (state === "unreachable") return { state: "unreachable" };
  if (state === "gone" || state === "elsewhere")
    return { state: "absent", kind: ownerKind, namespace: "default", isElsewhere: state === "elsewhere" };
  const object = anObject(ReplicaSetKind, uid, { metadata: deletedWith("foregroundDeletion"), spec: { template: {} } });
  return { state: "waiting", kind: ownerKind, object };
}
const dependent = (name: string, metadata: object): Located => ({ kind: podKind, object: aPod(name, { metadata: metadata as never }) });

function decide({
  owners = {},
  metadata = {},
  dependents = [],
}: {
  owners?: Readonly<Record<string, State>>;
  metadata?: object;
  dependents?: readonly Located[];
}) {
  const references = Object.keys(owners).map((uid) => reference(uid, true));
  const object = aPod("pod", { metadata: { ownerReferences: references, ...metadata } });
  const known = references.map((each) => ({ reference: each, owner: owner(each.uid, owners[each.uid]!) }));
  return reconcile({ kind: podKind, object, owners: known, dependents }).actions;
}

test.each<readonly [string, Readonly<Record<string, State>>, readonly string[]]>([
  ["whose owner is there stays", { a: "there" }, []],
  ["whose only owner is gone goes, once the server has said so", { a: "gone" }, ["confirmGone a", "delete pod"]],
  ["whose owners are all gone goes", { a: "gone", b: "gone" }, ["confirmGone a", "confirmGone b", "delete pod"]],
  ["with one owner left stays, without the one that is gone", { a: "there", b: "gone" }, ["confirmGone b", "patch pod"]],
  ["with one owner left stays, without the one that waits for it", { a: "there", b: "waiting" }, ["patch pod"]],
  ["whose owner waits for it goes", { a: "waiting" }, ["delete pod"]],
  ["without an owner is nobody's business", {}, []],
  [
    "whose owner is in another namespace goes, and is told why",
    { a: "elsewhere" },
    ["event OwnerRefInvalidNamespace", "confirmGone a", "delete pod"],
  ],
  ["that names what it can't be owned by stays, and is told so", { a: "unreachable" }, ["event OwnerRefInvalidNamespace"]],
])("an object %s", (_rule, owners, actions) => {
  expect(verbsOf(decide({ owners }))).toEqual(actions);
});

test("what is collected is the object that was judged, at the revision at which it was judged", () => {
  expect(decide({ owners: { a: "waiting" } })).toMatchObject([
    { options: { preconditions: { uid: "pod", resourceVersion: "1" }, propagationPolicy: "Background" } },
  ]);
});

test.each([
  ["orphans its dependents when it asks for it", { finalizers: ["orphan"] }, "Orphan"],
  ["waits for its dependents when it asks for it", { finalizers: ["foregroundDeletion"] }, "Foreground"],
  ["lets them follow otherwise", { finalizers: ["example.com/other"] }, "Background"],
])("an object that is collected %s", (_rule, metadata, propagationPolicy) => {
  expect(decide({ owners: { a: "gone" }, metadata }).at(-1)).toMatchObject({ verb: "delete", options: { propagationPolicy } });
});

test("an object that its owner waits for waits for its own dependents", () => {
  const dependents = [dependent("child", { ownerReferences: [reference("pod")] })];
  expect(decide({ owners: { a: "waiting" }, dependents })).toMatchObject([
    { verb: "delete", options: { propagationPolicy: "Foreground" } },
  ]);
});

test("in a circle of objects that wait for each other, the last one stops blocking", () => {
  const dependents = [dependent("child", { ownerReferences: [reference("pod", true)], ...deletedWith("foregroundDeletion") })];
  expect(decide({ owners: { a: "waiting" }, dependents })).toMatchObject([
    { verb: "patch", patch: { metadata: { ownerReferences: [{ uid: "a", blockOwnerDeletion: false }] } } },
  ]);
});

test("foreground deletion ends when no dependent blocks it any more", () => {
  const metadata = { ...deletedWith("foregroundDeletion", "example.com/other"), ownerReferences: [] };
  const blocking = dependent("child", { ownerReferences: [reference("pod", true)] });
  const other = dependent("child", { ownerReferences: [reference("pod", false)] });
  expect(decide({ metadata, dependents: [blocking] })).toEqual([]);
  expect(decide({ metadata, dependents: [other] })).toMatchObject([
    { verb: "patch", name: "pod", patch: { metadata: { finalizers: ["example.com/other"] } } },
  ]);
});

test("orphaning takes the reference from every dependent before the object goes", () => {
  const metadata = { ...deletedWith("orphan"), ownerReferences: [] };
  const dependents = ["x", "y"].map((name) => dependent(name, { ownerReferences: [reference("pod", true), reference("friend")] }));
  expect(decide({ metadata, dependents })).toMatchObject([
    { verb: "patch", name: "x", patch: { metadata: { ownerReferences: [{ uid: "friend" }] } } },
    { verb: "patch", name: "y", patch: { metadata: { ownerReferences: [{ uid: "friend" }] } } },
    { verb: "patch", name: "pod", patch: { metadata: { finalizers: [] } } },
  ]);
});
