import { PodTemplateKind, SelfSubjectAccessReviewKind } from "@kubets/api";
import { apiVersionOf } from "@kubets/machinery";
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
