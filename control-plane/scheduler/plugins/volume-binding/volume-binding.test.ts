import { expect, test } from "vitest";
import { podInfo } from "../../pod-info.ts";
import { couldHelp } from "../../testing/ask.ts";
import { aNode, aPod, aSnapshot } from "../../testing/objects.ts";
import { aClaim, aClass, aSnapshotWith, aVolume, saysOf, type StorageFacts } from "../../testing/storage.ts";
import { volumeBinding } from "./volume-binding.ts";

const on = (name: string, labels: Readonly<Record<string, string>> = {}) =>
  aNode({ name, labels: { "kubernetes.io/hostname": name, ...labels } });
const nodes = [on("a"), on("b")];
const using = (...claims: readonly string[]) =>
  aPod({ name: "web", volumes: claims.map((claimName, index) => ({ name: `v${index}`, persistentVolumeClaim: { claimName } })) });
const ephemeral = aPod({
  name: "web",
  volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec: { accessModes: ["ReadWriteOnce"] } } } }],
});
const says = (pod: ReturnType<typeof aPod>, storage: StorageFacts) => saysOf(volumeBinding, pod, nodes, storage);

test("a Pod without claims is of no concern", () => {
  expect(says(aPod(), {})).toEqual(["yes", "yes"]);
  expect(volumeBinding.sign!(podInfo(aPod()), aSnapshot({ nodes: [] }))).toBe("");
  expect(volumeBinding.sign!(podInfo(using("data")), aSnapshot({ nodes: [] }))).toBe(undefined);
});

test.each<readonly [string, ReturnType<typeof aPod>, StorageFacts, string]>([
  ["that isn't there", using("data"), {}, 'persistentvolumeclaim "data" not found'],
  [
    "that is being deleted",
    using("data"),
    { claims: [aClaim("data", { deleting: true })] },
    'persistentvolumeclaim "data" is being deleted',
  ],
  [
    "that has lost its volume",
    using("data"),
    { claims: [aClaim("data", { bound: "v", phase: "Lost" })] },
    'persistentvolumeclaim "data" bound to non-existent persistentvolume "v"',
  ],
  [
    "that doesn't wait for it and has no volume",
    using("data"),
    { claims: [aClaim("data")], classes: [aClass("late", { volumeBindingMode: "Immediate" })] },
    "pod has unbound immediate PersistentVolumeClaims",
  ],
  [
    "that is yet to be made for it",
    ephemeral,
    {},
    'waiting for ephemeral volume controller to create the persistentvolumeclaim "web-scratch"',
  ],
  [
    "that only has the name of its own",
    ephemeral,
    { claims: [aClaim("web-scratch", { owner: "other" })] },
    "PVC default/web-scratch was not created for pod default/web (pod is not owner)",
  ],
])("a Pod with a claim %s goes nowhere", (_what, pod, storage, expected) => {
  expect(says(pod, storage)).toEqual([expected]);
});

const conflict = "node(s) had volume node affinity conflict";
const none = "node(s) didn't find available persistent volumes to bind";
const gone = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";

test.each<readonly [string, ReturnType<typeof aPod>, StorageFacts, readonly string[]]>([
  [
    "where its volume is",
    using("data"),
    { claims: [aClaim("data", { bound: "v" })], volumes: [aVolume("v", { on: ["b"] })] },
    [conflict, "yes"],
  ],
  ["nowhere when its volume is gone", using("data"), { claims: [aClaim("data", { bound: "v" })] }, [gone, gone]],
  [
    "where a volume is that its claim can have",
    using("data"),
    {
      claims: [aClaim("data", { size: "2Gi" })],
      classes: [aClass("late", { provisioner: "kubernetes.io/no-provisioner" })],
      volumes: [aVolume("small", { on: ["a"] }), aVolume("large", { on: ["b"], size: "3Gi" })],
    },
    [none, "yes"],
  ],
  [
    "where each of its claims finds one of its own",
    using("one", "two"),
    {
      claims: [aClaim("one"), aClaim("two")],
      classes: [aClass("late", { provisioner: "kubernetes.io/no-provisioner" })],
      volumes: [aVolume("a1", { on: ["a"] }), aVolume("b1", { on: ["b"] }), aVolume("b2", { on: ["b"] })],
    },
    [none, "yes"],
  ],
  ["anywhere when volumes are made", using("data"), { claims: [aClaim("data")], classes: [aClass("late")] }, ["yes", "yes"]],
  [
    "where its class makes volumes",
    using("data"),
    {
      claims: [aClaim("data")],
      classes: [
        aClass("late", { allowedTopologies: [{ matchLabelExpressions: [{ key: "kubernetes.io/hostname", values: ["b", "c"] }] }] }),
      ],
    },
    [none, "yes"],
  ],
  [
    "where its volume is being made",
    using("data"),
    { claims: [aClaim("data", { selectedNode: "a" })], classes: [aClass("late")] },
    ["yes", none],
  ],
])("a Pod goes %s", (_where, pod, storage, expected) => {
  expect(says(pod, storage)).toEqual(expected);
});

test("two Pods on their way are not promised one volume, and one claim is made in one place", () => {
  const classes = [aClass("late", { provisioner: "kubernetes.io/no-provisioner" }), aClass("made")];
  const claims = [aClaim("one"), aClaim("two"), aClaim("shared", { className: "made" })];
  const snapshot = aSnapshotWith({ claims, classes, volumes: [aVolume("v")] }, { nodes });
  const promise = (pod: ReturnType<typeof aPod>, node: string) => volumeBinding.reserve!(podInfo(pod), node, snapshot);
  const undo = promise(aPod({ name: "first", volumes: using("one").spec.volumes! }), "a");
  const second = aPod({ name: "second", volumes: using("two").spec.volumes! });
  expect(promise(second, "a")).toMatchObject({ reasons: [{ text: none }] });
  (undo as () => void)();
  expect(promise(second, "a")).toBeTypeOf("function");

  promise(aPod({ name: "third", volumes: using("shared").spec.volumes! }), "a");
  const fourth = aPod({ name: "fourth", volumes: using("shared").spec.volumes! });
  expect(promise(fourth, "b")).toMatchObject({ reasons: [{ text: none }] });
  expect(promise(fourth, "a")).toBeTypeOf("function");
});

test("its own claims, any volume or class and new places could help; other claims can't", () => {
  const pod = using("data");
  expect([
    couldHelp(volumeBinding, pod, { kind: "ClaimChanged", claim: aClaim("data") }),
    couldHelp(volumeBinding, pod, { kind: "ClaimChanged", claim: aClaim("other") }),
    couldHelp(volumeBinding, pod, { kind: "VolumeChanged", volume: aVolume("v") }),
    couldHelp(volumeBinding, pod, { kind: "StorageClassChanged", storageClass: aClass("late") }),
    couldHelp(volumeBinding, pod, { kind: "AssignedPodDeleted", pod: aPod() }),
  ]).toEqual([true, false, true, true, false]);
});
