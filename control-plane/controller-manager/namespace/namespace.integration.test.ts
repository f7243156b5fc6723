import { ConfigMapKind, NamespaceKind, PodKind, SecretKind } from "@kubets/api";
import { isStatus } from "@kubets/machinery";
import { startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";

test("a namespace waits for what somebody holds, says who does, and goes when it is let go", async () => {
  await using cluster = await startCluster({ nodes: 0, seed: 1 });
  const namespaces = cluster.client.resource(NamespaceKind);
  const maps = cluster.client.resource(ConfigMapKind).in("team");
  await namespaces.create({ metadata: { name: "team" } });
  await cluster.settle();
  await maps.create({ metadata: { name: "held", finalizers: ["example.com/hold"] } });
  await maps.create({ metadata: { name: "free" } });
  await cluster.client
    .resource(SecretKind)
    .in("team")
    .create({ metadata: { name: "secret" } });
  await namespaces.delete("team");
  await cluster.settle();
  expect((await maps.list()).items.map(({ metadata }) => metadata.name)).toEqual(["held"]);
  expect((await cluster.client.resource(SecretKind).in("team").list()).items).toEqual([]);
  const { status } = await namespaces.get("team");
  expect(status.phase).toBe("Terminating");
  expect(status.conditions?.filter((condition) => condition.status === "True").map(({ message }) => message)).toEqual([
    "Some resources are remaining: configmaps. has 1 resource instances",
    "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
  ]);

  const late = await cluster.client
    .resource(PodKind)
    .in("team")
    .create({ metadata: { name: "late" }, spec: { containers: [{ name: "web", image: "web:1" }] } })
    .catch((error: unknown) => error);
  expect(isStatus(late, "Forbidden")).toBe(true);

  await maps.patch("held", { metadata: { finalizers: null } }, { type: "merge" });
  await cluster.settle();
  expect((await namespaces.list()).items.map(({ metadata }) => metadata.name)).not.toContain("team");
  expect(cluster.failures).toEqual([]);
});

test("a finalizer of somebody else in the namespace's spec holds it when it is empty already", async () => {
  await using cluster = await startCluster({ nodes: 0, seed: 1 });
  const namespaces = cluster.client.resource(NamespaceKind);
  const created = await namespaces.create({ metadata: { name: "team" }, spec: { finalizers: ["example.com/hold"] } });
  expect(created.spec.finalizers).toEqual(["example.com/hold", "kubernetes"]);
  await namespaces.delete("team");
  await cluster.settle();
  const waiting = await namespaces.get("team");
  expect(waiting.spec.finalizers).toEqual(["example.com/hold"]);
  await namespaces.subresource("team", "finalize").update({ ...waiting, spec: { finalizers: [] } });
  await cluster.settle();
  expect((await namespaces.list()).items.map(({ metadata }) => metadata.name)).not.toContain("team");
});
