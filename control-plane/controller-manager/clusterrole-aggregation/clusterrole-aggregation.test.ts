import { ClusterRoleKind } from "@kubets/api";
import { startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";

test("a role that gathers follows those that it selects, also through one that gathers itself", async () => {
  await using cluster = await startCluster({ nodes: 0, seed: 1 });
  const roles = cluster.client.resource(ClusterRoleKind);
  const rule = (resource: string) => ({ apiGroups: ["example.com"], resources: [resource], verbs: ["get"] });
  const gathering = (name: string, label: string, labels = {}) =>
    roles.create({ metadata: { name, labels }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: label } }] } });
  await gathering("top", "top");
  await gathering("middle", "middle", { to: "top" });
  await roles.create({ metadata: { name: "leaf", labels: { to: "middle" } }, rules: [rule("leaves")] });
  await cluster.settle();
  expect((await roles.get("top")).rules).toEqual([rule("leaves")]);
  await roles.create({ metadata: { name: "branch", labels: { to: "top" } }, rules: [rule("branches"), rule("leaves")] });
  await cluster.settle();
  expect((await roles.get("top")).rules).toEqual([rule("branches"), rule("leaves")]);
  await roles.delete("leaf");
  await roles.delete("branch");
  await cluster.settle();
  expect([(await roles.get("top")).rules, (await roles.get("middle")).rules]).toEqual([[], []]);
  expect(cluster.failures).toEqual([]);
});
