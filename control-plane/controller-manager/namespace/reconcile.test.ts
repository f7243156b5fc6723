import { ConfigMapKind, DeploymentKind, type Namespace, NamespaceKind, PodKind } from "@kubets/api";
import type { Kind, KubernetesObject } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, anObject, aPod, noon, verbsOf } from "../testing/objects.ts";
import { reconcile, type Remainder } from "./reconcile.ts";

function aNamespace(body: { readonly finalizers?: readonly string[]; readonly conditions?: readonly object[] } = {}): Namespace {
  return anObject(NamespaceKind, "team", {
    metadata: { deletionTimestamp: ago(1) },
    spec: { finalizers: body.finalizers ?? ["kubernetes"] },
    status: { phase: "Terminating", ...(body.conditions === undefined ? {} : { conditions: body.conditions }) },
  });
}
const content = (pods: readonly KubernetesObject[], maps: readonly KubernetesObject[]): readonly Remainder[] => [
  { kind: ConfigMapKind as unknown as Kind, objects: maps },
  { kind: PodKind as unknown as Kind, objects: pods },
  { kind: DeploymentKind as unknown as Kind, objects: [] },
];
const aMap = (name: string): KubernetesObject => anObject(ConfigMapKind, name);
const deletions = (pods: readonly KubernetesObject[], maps: readonly KubernetesObject[]): readonly string[] =>
  verbsOf(reconcile({ namespace: aNamespace(), content: content(pods, maps) }, noon).actions).filter((verb) => verb.startsWith("delete"));

test("Pods go first; everything else when they are gone", () => {
  expect(deletions([aPod("a"), aPod("b")], [aMap("m")])).toEqual(["delete a", "delete b"]);
  expect(deletions([aPod("a", { deleting: true })], [aMap("m")])).toEqual([]);
  expect(deletions([], [aMap("m"), aMap("n")])).toEqual(["delete m", "delete n"]);
});

test("what keeps a namespace is said in its conditions", () => {
  const held = aPod("held", { deleting: true, metadata: { finalizers: ["example.com/hold"] } });
  const [action] = reconcile({ namespace: aNamespace(), content: content([held], [aMap("m")]) }, noon).actions;
  expect(action).toMatchObject({ verb: "updateStatus" });
  const conditions = (action as unknown as { readonly object: Namespace }).object.status.conditions!;
  expect(conditions.map(({ type, status, reason, message }) => [type, status, reason, message])).toEqual([
    ["NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"],
    ["NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", "All legacy kube types successfully parsed"],
    ["NamespaceDeletionContentFailure", "False", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"],
    [
      "NamespaceContentRemaining",
      "True",
      "SomeResourcesRemain",
      "Some resources are remaining: configmaps. has 1 resource instances, pods. has 1 resource instances",
    ],
    [
      "NamespaceFinalizersRemaining",
      "True",
      "SomeFinalizersRemain",
      "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
    ],
  ]);
});

test("an empty namespace says so, is looked at once more on the server, and is let go", () => {
  const first = reconcile({ namespace: aNamespace(), content: content([], []) }, noon).actions;
  expect(verbsOf(first)).toEqual(["updateStatus team"]);
  const { status } = (first[0] as unknown as { readonly object: Namespace }).object;
  const namespace = aNamespace({ finalizers: ["example.com/mine", "kubernetes"], conditions: status.conditions! });
  const second = reconcile({ namespace, content: content([], []) }, noon).actions;
  expect(verbsOf(second)).toEqual(["confirmEmpty configmaps", "confirmEmpty pods", "confirmEmpty deployments", "finalize team"]);
  expect(second.at(-1)).toMatchObject({ body: { spec: { finalizers: ["example.com/mine"] } } });
});

test("a namespace that was let go already is left alone", () => {
  expect(
    reconcile({ namespace: aNamespace({ finalizers: ["example.com/mine"] }), content: content([aPod("a")], []) }, noon).actions,
  ).toEqual([]);
});
