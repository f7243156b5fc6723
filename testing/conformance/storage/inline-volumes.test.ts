import { PodKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn, refusal } from "../conformance-cluster.ts";
import { aPod } from "../workloads.ts";

const cluster = conformanceCluster();

test("ST-002 a Pod with an inline CSI volume is made, read, listed, patched and deleted", async () => {
  const pods = cluster.client.resource(PodKind).in(await cluster.namespace());
  const volumes = [{ name: "inline", csi: { driver: "csi.example.com" } }];
  await pods.create(aPod("web", { conformance: "st-002" }, { volumes }));
  const { spec } = await pods.get("web");
  expect(spec.volumes?.find(({ name }) => name === "inline")).toMatchObject({ csi: { driver: "csi.example.com" } });
  expect(await namesIn(pods, { labelSelector: "conformance=st-002" })).toEqual(["web"]);
  const patched = await pods.patch("web", { metadata: { labels: { patched: "yes" } } }, { type: "strategic" });
  expect(patched.metadata.labels).toMatchObject({ patched: "yes" });
  await pods.delete("web", { gracePeriodSeconds: 0 });
  await cluster.until(async () => expect(await refusal(pods.get("web"))).toBe("NotFound"));
});
