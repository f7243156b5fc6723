import type { Kustomizations } from "./index.ts";

const all = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: one, labels: { app: web, tier: front }, annotations: { team: a }, finalizers: [x, y] }
spec:
  replicas: 1
  paused: null
  template:
    spec:
      containers:
        - { name: main, image: web:1, env: [{ name: A, value: "1" }, { name: B, value: "2" }], args: [a, b], ports: [{ containerPort: 80 }, { containerPort: 53, protocol: UDP }] }
        - { name: side, image: side:1, volumeMounts: [{ name: v, mountPath: /a }] }
      volumes: [{ name: v, emptyDir: {} }, { name: w, configMap: { name: c } }]
      tolerations: [{ key: a }]
      nodeSelector: { a: b }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: worker, labels: { app: worker, tier: back } }
spec: { template: { spec: { containers: [{ name: main, image: worker:1 }] } } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { ports: [{ port: 80, name: http, targetPort: 8080 }, { port: 53, protocol: UDP }, { port: 53, protocol: TCP }], selector: { app: web } }
---
apiVersion: example.com/v1
kind: Thing
metadata: { name: one }
spec: { list: [{ name: a, value: 1 }, { name: b, value: 2 }], map: { a: 1, b: 2 }, texts: [a, b] }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: web }
imagePullSecrets: [{ name: a }, { name: b }]
secrets: [{ name: s }]
`;

const patching = (patches: string): Readonly<Record<string, string>> => ({
  "all.yaml": all,
  "kustomization.yaml": `resources: [all.yaml]\n${patches}`,
});

const merging = (patch: string): Readonly<Record<string, string>> => ({
  ...patching("patches: [{ path: patch.yaml }]"),
  "patch.yaml": patch,
});

export const patched: Kustomizations = {
  "items of lists are merged by their keys, and new ones come first": merging(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: one, finalizers: [z, x], labels: { tier: null, new: "1" } }
spec:
  replicas: 3
  template:
    spec:
      containers:
        - { name: new, image: new:1, env: [{ name: N, value: "1" }, { name: G, $patch: delete }] }
        - { name: side, env: [{ name: X, value: x }], volumeMounts: [{ mountPath: /b, name: w }] }
        - { name: main, env: [{ name: B, value: null, valueFrom: { fieldRef: { fieldPath: a } } }, { name: A, $patch: delete }], args: [c], ports: [{ containerPort: 53, protocol: UDP, name: dns }, { containerPort: 81 }] }
      volumes: [{ name: w, configMap: null, emptyDir: {} }]
      tolerations: [{ key: b }]
      nodeSelector: { $patch: replace, c: d }
`),
  "directives within items do what they do upstream": merging(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: one }
spec:
  template:
    spec:
      containers:
        - { name: main, $patch: replace, image: other:1 }
        - { name: side, $patch: merge, image: side:2, env: [{ name: A, value: a, $patch: merge }, { $patch: merge }, { name: B }] }
        - { name: none, $patch: delete }
        - { name: fresh, image: f, ports: [{ containerPort: 1 }, { $patch: merge }, { containerPort: 2, $patch: delete }] }
      volumes: [{ $patch: merge }, { name: v, emptyDir: null, secret: { secretName: s, $patch: merge } }]
---
apiVersion: example.com/v1
kind: Thing
metadata: { name: one }
spec: { list: [{ name: a, $patch: delete }], map: { $patch: replace, c: 1 } }
`),
  "a step of a patch replaces what isn't there": patching(
    'patches: [{ target: { kind: Thing }, patch: \'[{ "op": "replace", "path": "/spec/new", "value": 1 }]\' }]',
  ),
  "a text that its file cuts off has no line break": {
    "kustomization.yaml": "resources: [a.yaml, b.yaml]",
    "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata:\n  x: |\n    one\n    two",
    "b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\ndata:\n  x: |\n    one\n    two\n",
  },
  "ports without a protocol are merged as upstream merges them": merging(`
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { ports: [{ port: 80, protocol: TCP, nodePort: 30000 }, { port: 53, protocol: UDP, name: dns }, { port: 90 }] }
`),
  "ports are merged by port and protocol where all have both": {
    "kustomization.yaml": "resources: [all.yaml]\npatches: [{ path: patch.yaml }]",
    "all.yaml":
      "apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP, name: t }] }",
    "patch.yaml":
      "apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: 54, protocol: TCP }, { port: 53, protocol: TCP, targetPort: 5 }] }",
  },
  "whole lists and maps are replaced and deleted": merging(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: one }
spec: { template: { spec: { containers: [{ $patch: replace }, { name: only, image: only:1 }], volumes: [{ $patch: delete }], nodeSelector: { $patch: delete } } } }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: web }
imagePullSecrets: [{ name: c }, { name: a, $patch: delete }]
secrets: null
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: worker }
$patch: delete
`),
  "lists of kinds that nobody knows are replaced, maps are merged": merging(`
apiVersion: example.com/v1
kind: Thing
metadata: { name: one }
spec: { list: [{ name: b, value: 3 }], map: { b: null, c: { d: null, e: 1 } }, texts: [] }
`),
  "targets are found by regular expressions, labels and annotations": patching(`
namePrefix: p-
patches:
  - { target: { kind: Deploy.*, name: we. }, patch: '[{ "op": "replace", "path": "/spec/replicas", "value": 7 }]' }
  - { target: { kind: Deploy }, patch: '[{ "op": "remove", "path": "/nothing" }]' }
  - { target: { labelSelector: "tier in (front, back), app!=web" }, patch: '[{ "op": "add", "path": "/metadata/annotations/x", "value": "labels" }]' }
  - { target: { annotationSelector: team=a }, patch: '[{ "op": "add", "path": "/metadata/annotations/y", "value": "annotations" }]' }
  - { target: { namespace: default, version: v1, group: "" , kind: Service }, patch: "- { op: add, path: /spec/ports/-, value: { port: 1 } }\\n- { op: test, path: /kind, value: Service }\\n- { op: copy, from: /spec/ports/0, path: /spec/ports/1 }\\n- { op: move, from: /spec/selector, path: /spec/moved }" }
  - target: { kind: Deployment }
    patch: |-
      apiVersion: any
      kind: Deployment
      metadata: { name: any, labels: { all: "1" }, annotations: { team: null } }
      spec: { template: { spec: { containers: [{ name: main, imagePullPolicy: Always }] } } }
`),
  "a patch changes names and kinds where it may": patching(`
patches:
  - target: { kind: Deployment, name: worker }
    options: { allowNameChange: true, allowKindChange: true }
    patch: "apiVersion: apps/v1\\nkind: StatefulSet\\nmetadata: { name: renamed }\\nspec: { serviceName: web }"
  - target: { kind: Thing }
    patch: "apiVersion: x\\nkind: Other\\nmetadata: { name: other }\\nspec: { map: { z: 1 } }"
`),
  "the old forms of patches do what they did": {
    ...patching(`
namePrefix: p-
patchesStrategicMerge:
  - patch.yaml
  - "apiVersion: v1\\nkind: Service\\nmetadata: { name: web }\\nspec: { type: NodePort }"
patchesJson6902:
  - { target: { group: apps, version: v1, kind: Deployment, name: worker }, path: steps.yaml }
  - { target: { version: v1, kind: Service, name: web }, patch: '[{ "op": "add", "path": "/metadata/annotations/a", "value": "b" }]' }
`),
    "patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: worker }\nspec: { replicas: 2 }\n",
    "steps.yaml":
      "- { op: replace, path: /spec/replicas, value: 9 }\n- { op: add, path: /spec/template/spec/containers/0/args, value: [1, a] }\n",
  },
  "values are copied from one place to others": patching(`
replacements:
  - source: { kind: Deployment, name: web, fieldPath: "spec.template.spec.containers.[name=main].image", options: { delimiter: ":", index: 1 } }
    targets:
      - { select: { kind: Thing }, fieldPaths: [spec.list.0.value, "spec.list.[name=b].name", spec.texts.1] }
      - { select: { kind: Deployment }, reject: [{ name: web }], fieldPaths: ["spec.template.spec.containers.*.image"], options: { delimiter: ":", index: 1 } }
      - { select: { kind: Service }, fieldPaths: ["metadata.annotations.[example.com/a.b]", spec.made.here], options: { create: true } }
  - source: { kind: Service, fieldPath: spec.selector }
    targets: [{ select: { kind: Deployment, name: worker }, fieldPaths: [spec.selector.matchLabels, metadata.labels], options: { create: true } }]
  - source: { kind: ServiceAccount }
    targets:
      - { select: { kind: Thing }, fieldPaths: ["spec.added.[name=x].value", "spec.numbered.0"], options: { create: true } }
      - { select: { kind: Thing }, fieldPaths: [spec.texts.0], options: { delimiter: "-", index: 5 } }
      - { select: { kind: Thing }, fieldPaths: [spec.texts.0], options: { delimiter: "-", index: -1 } }
  - path: replacement.yaml
`),
  "variables stand for fields of resources": {
    "kustomization.yaml": `
resources: [all.yaml]
namePrefix: p-
vars:
  - { name: SERVICE, objref: { apiVersion: v1, kind: Service, name: web } }
  - { name: PORT, objref: { apiVersion: v1, kind: Service, name: web }, fieldref: { fieldPath: "spec.ports[0].port" } }
  - { name: UNUSED, objref: { apiVersion: v1, kind: Service, name: web } }
configurations: [fields.yaml]
`,
    "fields.yaml":
      "varReference: [{ path: spec/where, kind: Thing }]\nnameReference: [{ kind: Service, version: v1, fieldSpecs: [{ path: spec/service/name, kind: Thing }] }]\nnamePrefix: [{ path: metadata/name, kind: Service }]",
    "all.yaml": `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: p }
spec: { containers: [{ name: c, args: ["--at=$(SERVICE):$(PORT)", $(PORT), "$$(PORT)", "$(NOBODY)", "$(open", "$x"], env: [{ name: A, value: $(SERVICE) }] }] }
---
apiVersion: example.com/v1
kind: Thing
metadata: { name: t }
spec: { where: $(PORT), service: { name: web } }
`,
  },
  "fields of custom resources are found by their definitions": {
    "kustomization.yaml": "resources: [all.yaml]\nnamePrefix: p-\ncommonLabels: { a: b }\ncrds: [crd.json]",
    "crd.json": JSON.stringify({
      "example.com/v1.Thing": {
        Schema: {
          properties: {
            apiVersion: { type: "string" },
            kind: { type: "string" },
            metadata: { type: "object" },
            spec: { $ref: "example.com/v1.ThingSpec" },
          },
        },
        Dependencies: [],
      },
      "example.com/v1.ThingSpec": {
        Schema: {
          properties: {
            secret: { "x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "Secret" },
            labels: { "x-kubernetes-label-selector": "" },
            again: { $ref: "example.com/v1.ThingSpec" },
          },
        },
        Dependencies: [],
      },
    }).replace('"again":{"$ref":"example.com/v1.ThingSpec"}', '"again":{}'),
    "all.yaml":
      "apiVersion: v1\nkind: Secret\nmetadata: { name: s }\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata: { name: t }\nspec: { secret: { name: s }, labels: { x: y } }\n",
  },
};

Object.assign(patched["values are copied from one place to others"]!, {
  "replacement.yaml":
    "source: { kind: Deployment, name: worker, fieldPath: metadata.labels.app }\ntargets: [{ select: { name: web, kind: Service }, fieldPaths: [spec.ports.0.name] }]\n",
});
