import { APIServiceKind, DeploymentKind, NamespaceKind, ServiceKind } from "@kubets/api";
import type { DialRequest } from "@kubets/machinery";
import { expect, test } from "vitest";
import { readJson } from "../api-operations.ts";
import { conformanceCluster } from "../conformance-cluster.ts";
import { podNetwork, type SiteAnswer } from "../pod-network.ts";
import { aDeployment, podTemplate } from "../workloads.ts";

interface Flunder {
  readonly metadata: { readonly name: string };
  readonly status?: unknown;
}

const group = "wardle.example.com";
const root = `/apis/${group}/v1alpha1`;
const resource = {
  name: "flunders",
  singularName: "flunder",
  namespaced: true,
  kind: "Flunder",
  verbs: ["create", "delete", "get", "list"],
};
const status = { ...resource, name: "flunders/status", verbs: ["get", "patch", "update"] };

/** An API server that keeps flunders, for those whom the one before it names. */
function sampleServer(): (request: DialRequest) => SiteAnswer {
  const flunders = new Map<string, Flunder>();
  const json = (value: unknown, code = 200): SiteAnswer => ({
    status: code,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(value),
  });
  return ({ method, target, headers, body }) => {
    if ((headers["X-Remote-User"] ?? "") === "") return json({ kind: "Status", code: 401 }, 401);
    const [path = ""] = target.split("?");
    if (path === root) return json({ kind: "APIResourceList", groupVersion: `${group}/v1alpha1`, resources: [resource, status] });
    const [, name = "", subresource = ""] = /\/flunders(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path) ?? [];
    const sent = body === undefined ? undefined : (JSON.parse(new TextDecoder().decode(body)) as Flunder);
    if (method === "POST" && sent !== undefined) {
      flunders.set(sent.metadata.name, sent);
      return json(sent, 201);
    }
    if (name === "") return json({ kind: "FlunderList", apiVersion: `${group}/v1alpha1`, metadata: {}, items: [...flunders.values()] });
    const flunder = flunders.get(name);
    if (flunder === undefined) return json({ kind: "Status", status: "Failure", reason: "NotFound", code: 404 }, 404);
    if (method === "DELETE") flunders.delete(name);
    if (method !== "PATCH" || subresource !== "status" || sent === undefined) return json(flunder);
    flunders.set(name, { ...flunder, status: sent.status });
    return json(flunders.get(name));
  };
}

const answer = sampleServer();
const cluster = conformanceCluster({
  nodes: 1,
  server: { dialer: podNetwork((request, { number, isTls }) => (number === 8443 && isTls ? answer(request) : { status: 404 })) },
});

async function send(method: string, target: string, body?: unknown, contentType = "application/json"): Promise<readonly [number, unknown]> {
  const request = { method, target, headers: { "content-type": contentType }, ...(body === undefined ? {} : { body }) };
  const response = await cluster.client.transport.send(request, new AbortController().signal);
  return [response.status, await response.object()];
}

test("AM-029 an API server in a Pod is registered, becomes available, and its resources are served as the cluster's own", async () => {
  const namespace = await cluster.namespace();
  const { client } = cluster;
  await client
    .resource(DeploymentKind)
    .in(namespace)
    .create(aDeployment("sample-apiserver", { replicas: 1, template: podTemplate("sample-apiserver") }));
  await client
    .resource(ServiceKind)
    .in(namespace)
    .create({
      metadata: { name: "sample-api" },
      spec: { selector: { app: "sample-apiserver" }, ports: [{ port: 7443, targetPort: 8443 }] },
    });
  const services = client.resource(APIServiceKind);
  const name = `v1alpha1.${group}`;
  await services.create({
    metadata: { name },
    spec: {
      service: { name: "sample-api", namespace, port: 7443 },
      group,
      version: "v1alpha1",
      caBundle: btoa("the sample server's CA"),
      groupPriorityMinimum: 2000,
      versionPriority: 200,
    },
  });
  await cluster.until(async () => {
    expect((await services.get(name)).status.conditions).toMatchObject([{ type: "Available", status: "True", reason: "Passed" }]);
  });

  const flunders = `${root}/namespaces/${namespace}/flunders`;
  const flunder = { kind: "Flunder", apiVersion: `${group}/v1alpha1`, metadata: { name: "rest-flunder" } };
  expect(await send("POST", flunders, flunder)).toMatchObject([201, flunder]);
  expect(await send("GET", flunders)).toMatchObject([200, { kind: "FlunderList", items: [{ metadata: { name: "rest-flunder" } }] }]);
  const patch = { status: { phase: "Patched" } };
  expect((await send("PATCH", `${flunders}/rest-flunder/status`, patch, "application/merge-patch+json"))[0]).toBe(200);
  expect(await send("GET", `${flunders}/rest-flunder`)).toMatchObject([200, patch]);

  expect(await readJson(client, "/apis")).toMatchObject({ groups: expect.arrayContaining([expect.objectContaining({ name: group })]) });
  expect(await readJson(client, `/apis/${group}`)).toMatchObject({ versions: [{ version: "v1alpha1" }] });
  expect(await readJson(client, root)).toMatchObject({ resources: [{ name: "flunders" }, { name: "flunders/status" }] });

  expect((await send("DELETE", `${flunders}/rest-flunder`))[0]).toBe(200);
  expect((await send("GET", `${flunders}/rest-flunder`))[0]).toBe(404);
  await services.delete(name);
  await cluster.until(async () => expect((await send("GET", flunders))[0]).toBe(404));
  // Those who clean up a namespace don't stumble over a group that is gone.
  await client.resource(NamespaceKind).delete(namespace);
});
