import { expect, test } from "vitest";
import { conformanceCluster } from "../conformance-cluster.ts";

const cluster = conformanceCluster();

interface Answer {
  readonly code: number;
  readonly message: string;
}

/** Sends a Deployment as it is written, duplicates and all, and asks for strictness. */
async function strictly(method: "POST" | "PATCH", path: string, contentType: string, text: string): Promise<Answer> {
  const namespace = await cluster.namespace();
  const query = method === "PATCH" ? "&fieldManager=field_validation_mgr" : "";
  const target = `/apis/apps/v1/namespaces/${namespace}/${path}?fieldValidation=Strict${query}`;
  const headers = { "content-type": contentType };
  const answer = await cluster.client.transport.send(
    { method, target, headers, body: new TextEncoder().encode(text) },
    new AbortController().signal,
  );
  const { message = "" } = (await answer.object()) as { readonly message?: string };
  return { code: answer.status, message };
}

const yaml = (spec: string, metadata = ""): string => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: deployment
  labels: {app: nginx}
${metadata}
spec:
${spec}
  selector:
    matchLabels: {app: nginx}
  template:
    metadata:
      labels: {app: nginx}
    spec:
      containers:
      - name: nginx
        image: nginx
`;

test("AM-054 unknown fields and fields that are there twice are named by their paths", async () => {
  const body = yaml("  unknown: 1\n  replicas: 1\n  replicas: 2\n  paused: true");
  const created = await strictly("POST", "deployments", "application/yaml", body);
  expect(created.code).toBe(400);
  expect(created.message).toContain('unknown field "spec.unknown"');
  expect(created.message).toContain('key "replicas" already set in map');
  const json =
    '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"deployment"},"spec":{"unknown":1,"replicas":1,"replicas":2,"paused":true,' +
    '"selector":{"matchLabels":{"app":"nginx"}},"template":{"metadata":{"labels":{"app":"nginx"}},"spec":{"containers":[{"name":"nginx","image":"nginx"}]}}}}';
  const fromJson = await strictly("POST", "deployments", "application/json", json);
  expect(fromJson.code).toBe(400);
  expect(fromJson.message).toContain('unknown field "spec.unknown"');
  expect(fromJson.message).toContain('duplicate field "spec.replicas"');
  const applied = await strictly("PATCH", "deployments/deployment", "application/apply-patch+yaml", yaml("  unknown: 1"));
  expect(applied.message).toContain(".spec.unknown: field not declared in schema");
  const twice = await strictly("PATCH", "deployments/deployment", "application/apply-patch+yaml", yaml("  replicas: 1\n  replicas: 2"));
  expect(twice.message).toContain('key "replicas" already set in map');
});

test("AM-056 unknown metadata is refused", async () => {
  const metadata = "  unknownMeta: unknown\n";
  const created = await strictly("POST", "deployments", "application/yaml", yaml("  replicas: 1", metadata));
  expect(created.code).toBe(400);
  expect(created.message).toContain('unknown field "metadata.unknownMeta"');
  const applied = await strictly("PATCH", "deployments/deployment", "application/apply-patch+yaml", yaml("  replicas: 1", metadata));
  expect(applied.message).toContain(".metadata.unknownMeta: field not declared in schema");
});
