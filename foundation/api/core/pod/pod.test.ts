import { applyDefaults, decodeObject, type Draft, encodeObject, validateSchema } from "@kubets/machinery";
import { expect, test } from "vitest";
import type { Pod } from "./pod.ts";
import { PodKind } from "./pod.ts";

test("a client says of a Pod what has no default, and gets back all of it", () => {
  const draft: Draft<Pod> = {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { name: "web", namespace: "default" },
    spec: { containers: [{ name: "web", image: "web:1", ports: [{ containerPort: 80 }] }] },
  };
  const pod = PodKind.strategy.defaults!(applyDefaults(PodKind.schema, decodeObject(PodKind.schema, draft).object));
  expect([...validateSchema(PodKind.schema, pod), ...PodKind.strategy.validate!(pod)]).toEqual([]);
  expect(JSON.stringify(encodeObject(PodKind.schema, pod), undefined, 1)).toMatchInlineSnapshot(`
    "{
     "kind": "Pod",
     "apiVersion": "v1",
     "metadata": {
      "name": "web",
      "namespace": "default"
     },
     "spec": {
      "containers": [
       {
        "name": "web",
        "image": "web:1",
        "ports": [
         {
          "containerPort": 80,
          "protocol": "TCP"
         }
        ],
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent"
       }
      ],
      "restartPolicy": "Always",
      "terminationGracePeriodSeconds": 30,
      "dnsPolicy": "ClusterFirst",
      "securityContext": {},
      "schedulerName": "default-scheduler",
      "enableServiceLinks": true
     },
     "status": {
      "phase": "Pending"
     }
    }"
  `);
});

test("a Pod is what kubectl expects it to be", () => {
  const { resource, singular, shortNames, categories, scope, subresources } = PodKind;
  expect({ resource, singular, shortNames, categories, scope, subresources }).toEqual({
    resource: "pods",
    singular: "pod",
    shortNames: ["po"],
    categories: ["all"],
    scope: "Namespaced",
    subresources: {
      status: true,
      others: ["attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "proxy", "resize"],
    },
  });
});
