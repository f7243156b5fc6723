import { LeaseKind, NodeKind, PodTemplateKind } from "@kubets/api";
import { expect, test } from "vitest";
import { exerciseOperations } from "../api-operations.ts";
import { conformanceCluster, namesIn, refusal } from "../conformance-cluster.ts";
import { podTemplate } from "../workloads.ts";

const cluster = conformanceCluster();

test("NO-039 Leases take every operation", async () => {
  const leases = cluster.client.resource(LeaseKind).in(await cluster.namespace());
  const spec = {
    holderIdentity: "holder",
    leaseDurationSeconds: 30,
    leaseTransitions: 0,
    acquireTime: "2026-01-01T00:00:00.000000Z",
    renewTime: "2026-01-01T00:00:05.000000Z",
  };
  await exerciseOperations(cluster, leases, { run: "no-039", draft: (metadata) => ({ metadata, spec }) });
  const created = await leases.create({ metadata: { name: "leader" }, spec });
  const next = { ...spec, holderIdentity: "other", leaseTransitions: 1, renewTime: "2026-01-01T00:01:00.000000Z" };
  await leases.update({ ...created, spec: next });
  expect((await leases.get("leader")).spec).toEqual(next);
});

test("NO-042 a made-up Node is made, patched, listed, updated and deleted", async () => {
  const nodes = cluster.client.resource(NodeKind);
  const labelSelector = "conformance=no-042";
  await nodes.create({ metadata: { name: "made-up", labels: { conformance: "no-042" } } });
  await nodes.patch("made-up", { metadata: { labels: { patched: "yes" } } }, { type: "strategic" });
  expect(await namesIn(nodes, { labelSelector: "patched=yes" })).toEqual(["made-up"]);
  await cluster.until(async () => {
    const present = await nodes.get("made-up");
    await nodes.update({ ...present, metadata: { ...present.metadata, labels: { ...present.metadata.labels, updated: "yes" } } });
  });
  expect((await nodes.get("made-up")).metadata.labels).toMatchObject({ patched: "yes", updated: "yes" });
  await nodes.deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await refusal(nodes.get("made-up"))).toBe("NotFound"));
});

test("NO-049 PodTemplates are listed by label and deleted as a collection", async () => {
  const templates = cluster.client.resource(PodTemplateKind).in(await cluster.namespace());
  const labelSelector = "conformance=no-049";
  for (const name of ["a", "b", "c"]) {
    await templates.create({ metadata: { name, labels: { conformance: "no-049" } }, template: podTemplate(name) });
  }
  expect(await namesIn(templates, { labelSelector })).toEqual(["a", "b", "c"]);
  await templates.deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await namesIn(templates, { labelSelector })).toEqual([]));
});

test("NO-050 a PodTemplate that is replaced with a new annotation keeps it", async () => {
  const templates = cluster.client.resource(PodTemplateKind).in(await cluster.namespace());
  const created = await templates.create({ metadata: { name: "web" }, template: podTemplate("web") });
  await templates.update({ ...created, metadata: { ...created.metadata, annotations: { updated: "yes" } } });
  expect((await templates.get("web")).metadata.annotations).toMatchObject({ updated: "yes" });
});

test("NO-051 a PodTemplate is made, patched, read, listed by label and deleted", async () => {
  const templates = cluster.client.resource(PodTemplateKind).in(await cluster.namespace());
  await templates.create({ metadata: { name: "web", labels: { conformance: "no-051" } }, template: podTemplate("web") });
  await templates.patch("web", { metadata: { labels: { patched: "yes" } } }, { type: "strategic" });
  expect((await templates.get("web")).metadata.labels).toMatchObject({ patched: "yes" });
  expect(await namesIn(cluster.client.resource(PodTemplateKind), { labelSelector: "conformance=no-051" })).toEqual(["web"]);
  await templates.delete("web");
  expect(await namesIn(templates)).toEqual([]);
});
