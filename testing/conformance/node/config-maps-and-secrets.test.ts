import { ConfigMapKind, SecretKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn, refusal } from "../conformance-cluster.ts";

const cluster = conformanceCluster();

test("NO-004 a ConfigMap with an empty key is refused", async () => {
  const maps = cluster.client.resource(ConfigMapKind).in(await cluster.namespace());
  expect(await refusal(maps.create({ metadata: { name: "a" }, data: { "": "value" } }))).toBe("Invalid");
});

test("NO-005 ConfigMaps are made, patched, listed by label over all namespaces, and deleted as a collection", async () => {
  const maps = cluster.client.resource(ConfigMapKind).in(await cluster.namespace());
  const everywhere = cluster.client.resource(ConfigMapKind);
  const labelSelector = "conformance=no-005";
  await maps.create({ metadata: { name: "a", labels: { conformance: "no-005" } }, data: { value: "1" } });
  await maps.patch("a", { metadata: { labels: { patched: "yes" } }, data: { value: "2" } }, { type: "strategic" });
  const { items } = await everywhere.list({ labelSelector });
  expect(items).toMatchObject([{ metadata: { name: "a", labels: { patched: "yes" } }, data: { value: "2" } }]);
  await maps.deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await namesIn(everywhere, { labelSelector })).toEqual([]));
});

test("NO-006 an update of a ConfigMap's data is kept", async () => {
  const maps = cluster.client.resource(ConfigMapKind).in(await cluster.namespace());
  const created = await maps.create({ metadata: { name: "a" }, data: { value: "1" } });
  await maps.update({ ...created, data: { value: "2", more: "3" } });
  expect((await maps.get("a")).data).toEqual({ value: "2", more: "3" });
});

test("NO-085 a Secret with an empty key is refused", async () => {
  const secrets = cluster.client.resource(SecretKind).in(await cluster.namespace());
  expect(await refusal(secrets.create({ metadata: { name: "a" }, data: { "": "dmFsdWU=" } }))).toBe("Invalid");
});

test("NO-086 Secrets are made, listed, patched, and deleted as a collection by label", async () => {
  const secrets = cluster.client.resource(SecretKind).in(await cluster.namespace());
  const labelSelector = "conformance=no-086";
  await secrets.create({ metadata: { name: "a", labels: { conformance: "no-086" } }, stringData: { key: "value" }, type: "Opaque" });
  expect((await secrets.list({ labelSelector })).items).toMatchObject([{ metadata: { name: "a" }, data: { key: "dmFsdWU=" } }]);
  await secrets.patch("a", { metadata: { labels: { patched: "yes" } }, data: { key: "dmFsdWUx" } }, { type: "strategic" });
  expect(await secrets.get("a")).toMatchObject({ metadata: { labels: { patched: "yes" } }, data: { key: "dmFsdWUx" } });
  await secrets.deleteCollection({ labelSelector: "patched=yes" });
  await cluster.until(async () => expect(await namesIn(cluster.client.resource(SecretKind), { labelSelector })).toEqual([]));
});
