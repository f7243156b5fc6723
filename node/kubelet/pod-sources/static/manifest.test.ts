import { expect, test } from "vitest";
import { noon } from "../../testing/pods.ts";
import { staticPodOf } from "./manifest.ts";

const read = (manifest: object | string, path = "/etc/manifests/web.yaml") =>
  staticPodOf(new TextEncoder().encode(typeof manifest === "string" ? manifest : JSON.stringify(manifest)), {
    path,
    nodeName: "n1",
    now: noon,
  });

const manifest = (spec: object = {}, metadata: object = {}): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", ...metadata },
  spec: { containers: [{ name: "main", image: "busybox:1" }], ...spec },
});

test("a manifest is a Pod of its node, with defaults, and with the hash of what it says as its identity", () => {
  const pod = read(manifest());
  const { uid } = pod.metadata;
  expect(uid).toMatch(/^[0-9a-f]{32}$/);
  expect(pod).toMatchObject({
    metadata: {
      name: "web-n1",
      namespace: "default",
      annotations: {
        "kubernetes.io/config.hash": uid,
        "kubernetes.io/config.seen": "2026-01-01T12:00:00Z",
        "kubernetes.io/config.source": "file",
      },
    },
    spec: {
      nodeName: "n1",
      restartPolicy: "Always",
      tolerations: [{ operator: "Exists", effect: "NoExecute" }],
      containers: [{ imagePullPolicy: "IfNotPresent" }],
    },
  });
});

test("the same in other words is the same Pod; another file, or another field, is another one", () => {
  const yaml =
    "# Its spec comes first.\nspec: { containers: [{ image: 'busybox:1', name: main }] }\nkind: Pod\nmetadata: { name: web }\napiVersion: v1\n";
  const { uid } = read(manifest()).metadata;
  expect(read(yaml).metadata.uid).toBe(uid);
  expect(read(manifest(), "/etc/manifests/other.yaml").metadata.uid).not.toBe(uid);
  expect(read(manifest({ hostNetwork: true })).metadata.uid).not.toBe(uid);
});

test.each([
  [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "map" } }, "holds a ConfigMap, not a Pod"],
  [manifest({ containers: [] }), "spec.containers: Required value"],
  [manifest({ serviceAccountName: "me" }), "static pods may not reference serviceaccounts"],
  [manifest({ volumes: [{ name: "v", configMap: { name: "m" } }] }), "static pods may not reference configmaps"],
  [manifest({ containers: [{ name: "main", image: "i", envFrom: [{ secretRef: { name: "s" } }] }] }), "may not reference secrets"],
])("what can't run without the API is refused: %j", (broken, problem) => {
  expect(() => read(broken)).toThrow(problem);
});
