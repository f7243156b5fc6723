import { ConfigMapKind, SecretKind, StorageClassKind } from "@kubets/api";
import { expect, test } from "vitest";
import { exerciseOperations } from "../api-operations.ts";
import { conformanceCluster, refusal } from "../conformance-cluster.ts";

const cluster = conformanceCluster();

test("ST-014 an immutable ConfigMap keeps its data and stays immutable, but takes labels and can be deleted", async () => {
  const maps = cluster.client.resource(ConfigMapKind).in(await cluster.namespace());
  const created = await maps.create({ metadata: { name: "a" }, data: { value: "1" } });
  const changed = await maps.update({ ...created, data: { value: "2" } });
  const fixed = await maps.update({ ...changed, immutable: true });
  expect(await refusal(maps.update({ ...fixed, data: { value: "3" } }))).toBe("Invalid");
  expect(await refusal(maps.update({ ...fixed, immutable: false }))).toBe("Invalid");
  await maps.update({ ...fixed, metadata: { ...fixed.metadata, labels: { kept: "yes" } } });
  expect(await maps.get("a")).toMatchObject({ metadata: { labels: { kept: "yes" } }, data: { value: "2" }, immutable: true });
  await maps.delete("a");
  expect(await refusal(maps.get("a"))).toBe("NotFound");
});

test("ST-082 an immutable Secret keeps its data and stays immutable, but takes labels and can be deleted", async () => {
  const secrets = cluster.client.resource(SecretKind).in(await cluster.namespace());
  const created = await secrets.create({ metadata: { name: "a" }, data: { value: "MQ==" } });
  const changed = await secrets.update({ ...created, data: { value: "Mg==" } });
  const fixed = await secrets.update({ ...changed, immutable: true });
  expect(await refusal(secrets.update({ ...fixed, data: { value: "Mw==" } }))).toBe("Invalid");
  expect(await refusal(secrets.update({ ...fixed, immutable: false }))).toBe("Invalid");
  await secrets.update({ ...fixed, metadata: { ...fixed.metadata, labels: { kept: "yes" } } });
  expect(await secrets.get("a")).toMatchObject({ metadata: { labels: { kept: "yes" } }, data: { value: "Mg==" }, immutable: true });
  await secrets.delete("a");
  expect(await refusal(secrets.get("a"))).toBe("NotFound");
});

test("ST-083 StorageClasses take every operation", async () => {
  const classes = cluster.client.resource(StorageClassKind);
  await exerciseOperations(cluster, classes, { run: "st-083", draft: (metadata) => ({ metadata, provisioner: "example.com/none" }) });
});
