import { ConfigMapKind, PodTemplateKind, SelfSubjectAccessReviewKind } from "@kubets/api";
import type { TransportResponse } from "@kubets/client";
import { apiVersionOf, type ListMeta, type Status } from "@kubets/machinery";
import { expect, test } from "vitest";
import { conformanceCluster } from "../conformance-cluster.ts";
import { podTemplate } from "../workloads.ts";

const cluster = conformanceCluster();

test("AM-087 a list comes in chunks of one version, each saying how much is left", async () => {
  const templates = cluster.client.resource(PodTemplateKind).in(await cluster.namespace());
  const total = 40;
  for (let index = 0; index < total; index++) {
    await templates.create({ metadata: { name: `template-${String(index).padStart(4, "0")}` }, template: podTemplate("web") });
  }
  const names: string[] = [];
  const versions = new Set<string | undefined>();
  for (let next: string | undefined = ""; next !== undefined;) {
    const chunk = await templates.list({ limit: 7, ...(next === "" ? {} : { continue: next }) });
    names.push(...chunk.items.map(({ metadata }) => metadata.name));
    versions.add(chunk.metadata.resourceVersion);
    expect(chunk.metadata.remainingItemCount ?? 0).toBe(total - names.length);
    next = chunk.metadata.continue;
  }
  expect(names).toEqual(Array.from({ length: total }, (_, index) => `template-${String(index).padStart(4, "0")}`));
  expect(versions.size).toBe(1);
  expect((await templates.list()).items).toHaveLength(total);
});

test("AM-089 what can't be a table is not acceptable as one", async () => {
  const { transport } = cluster.client;
  const review = { apiVersion: apiVersionOf(SelfSubjectAccessReviewKind), kind: "SelfSubjectAccessReview" };
  const answer = await transport.send(
    {
      method: "POST",
      target: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
      body: { ...review, spec: { resourceAttributes: { namespace: "default", resource: "pods", verb: "list" } } },
    },
    new AbortController().signal,
  );
  expect(answer.status).toBe(406);
});

test("AM-088 a list whose version is forgotten goes on from where it was, in a newer one", async () => {
  const namespace = await cluster.namespace();
  const maps = cluster.client.resource(ConfigMapKind).in(namespace);
  const names = Array.from({ length: 6 }, (_, index) => `map-${index}`);
  for (const name of names) await maps.create({ metadata: { name } });
  const { metadata } = await maps.list({ limit: 2 });
  // Whatever a store keeps of its history, it doesn't keep this much.
  const big = "x".repeat(900_000);
  await maps.create({ metadata: { name: "zz-busy" } });
  const token = metadata.continue ?? "";
  const target = `/api/v1/namespaces/${namespace}/configmaps?limit=2&continue=${token}`;
  const goOn = (): Promise<TransportResponse> =>
    cluster.client.transport.send({ method: "GET", target, headers: {} }, new AbortController().signal);
  let answer = await goOn();
  for (let version = 0; version < 100 && answer.status === 200; version++) {
    await maps.patch("zz-busy", { data: { big: `${version}${big}` } }, { type: "merge" });
    if (version % 20 === 19) answer = await goOn();
  }
  const expired = (await answer.object()) as Status;
  expect([answer.status, expired.reason]).toEqual([410, "Expired"]);
  const fresh = (expired.metadata as ListMeta).continue ?? "";
  const rest = await maps.list({ limit: 10, continue: fresh });
  expect(rest.items.map((each) => each.metadata.name)).toEqual([...names.slice(2), "zz-busy"]);
  expect(Number(rest.metadata.resourceVersion)).toBeGreaterThan(Number(metadata.resourceVersion));
});
