import type { Kustomizations } from "./index.ts";

const pod = `
apiVersion: v1
kind: Pod
metadata: { name: p }
spec:
  volumes: [{ name: a, configMap: { name: settings } }, { name: b, secret: { secretName: keys } }]
  containers: [{ name: c, image: i, envFrom: [{ configMapRef: { name: settings } }] }]
`;

const files = {
  "pod.yaml": pod,
  "values.env": "# a comment\nA=1\n\n  B=two = three\nC\nD='quoted'\r\n",
  "file.txt": "one\ntwo <&>\n",
  "binary.bin": new Uint8Array([0xff, 0xfe, 0x00, 0x80, ...Array.from({ length: 100 }, (_, index) => index)]),
  "empty.txt": "",
};

export const generatedData: Kustomizations = {
  "ConfigMaps and Secrets are made of files, literals and lines, and named by what they hold": {
    ...files,
    "kustomization.yaml": `
resources: [pod.yaml]
configMapGenerator:
  - name: settings
    literals: [a=1, b=two=2, 'c="quoted"', "d='also'", e=, "f=\u00e4"]
    files: [file.txt, other=file.txt, binary.bin, empty.txt]
    envs: [values.env]
  - { name: empty }
secretGenerator:
  - name: keys
    literals: [password=s3cret]
    files: [binary.bin, long=file.txt]
  - { name: tls, type: kubernetes.io/tls, literals: [tls.crt=x, tls.key=y], namespace: other }
  - { name: none, env: values.env }
`,
  },
  "options of all and of one are put together": {
    ...files,
    "kustomization.yaml": `
resources: [pod.yaml]
generatorOptions: { labels: { a: all, b: all }, annotations: { note: all }, immutable: true }
configMapGenerator:
  - { name: settings, literals: [a=1], options: { labels: { a: own }, disableNameSuffixHash: true } }
secretGenerator:
  - { name: keys, literals: [a=1], options: { annotations: { note: own } } }
`,
  },
  "hashes may be left out for all": {
    ...files,
    "kustomization.yaml":
      "resources: [pod.yaml]\nnamePrefix: a-\ngeneratorOptions: { disableNameSuffixHash: true }\nconfigMapGenerator: [{ name: settings, literals: [a=1] }]",
  },
  "what is generated merges with and replaces what bases generate, and hashes follow": {
    ...files,
    "base/kustomization.yaml": `
resources: [pod.yaml]
namePrefix: base-
configMapGenerator: [{ name: settings, literals: [a=1, b=1], files: [binary.bin], options: { labels: { x: base, z: base } } }]
secretGenerator: [{ name: keys, literals: [a=1, b=1] }]
`,
    "base/pod.yaml": pod,
    "base/binary.bin": files["binary.bin"],
    "kustomization.yaml": `
resources: [base]
nameSuffix: -v2
configMapGenerator: [{ name: settings, behavior: merge, literals: [b=2, c=2], options: { labels: { x: own } } }]
secretGenerator: [{ name: keys, behavior: replace, literals: [c=3] }]
`,
  },
  "components add to what is there": {
    ...files,
    "component/kustomization.yaml": `
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
namePrefix: c-
configMapGenerator: [{ name: settings, behavior: merge, literals: [z=9] }]
patches: [{ target: { kind: Pod }, patch: '[{ "op": "add", "path": "/metadata/annotations/by", "value": "component" }]' }]
replicas: [{ name: web, count: 4 }]
resources: [more.yaml]
`,
    "component/more.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n",
    "kustomization.yaml":
      "resources: [pod.yaml]\ncomponents: [component]\nnamespace: ns\nconfigMapGenerator: [{ name: settings, literals: [a=1] }]",
  },
  "where resources come from and what changed them is told": {
    ...files,
    "base/kustomization.yaml": "resources: [pod.yaml]\nnamePrefix: b-\nsecretGenerator: [{ name: keys, literals: [a=1] }]",
    "base/pod.yaml": pod,
    "kustomization.yaml":
      "resources: [base]\nnamespace: ns\nbuildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]\nconfigMapGenerator: [{ name: settings, literals: [a=1] }]",
  },
  "steps are taken that stand in files of their own": {
    ...files,
    "kustomization.yaml": `
resources: [pod.yaml]
generators: [generator.yaml]
transformers:
  - steps.yaml
  - |-
    apiVersion: builtin
    kind: NamespaceTransformer
    metadata: { name: x, namespace: ns }
    unsetOnly: true
    setRoleBindingSubjects: none
    fieldSpecs: []
`,
    "generator.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: { name: settings }\nliterals: [a=1]\nunknown: 1\n",
    "steps.yaml": `
apiVersion: builtin
kind: PrefixTransformer
metadata: { name: a }
prefix: p-
fieldSpecs: [{ path: metadata/name }]
---
apiVersion: builtin
kind: LabelTransformer
metadata: { name: b }
labels: { a: b }
fieldSpecs: [{ path: metadata/labels, create: true }]
---
apiVersion: builtin
kind: AnnotationsTransformer
metadata: { name: b }
annotations: { a: b }
fieldSpecs: [{ path: metadata/annotations, create: true }]
---
apiVersion: builtin
kind: ImageTagTransformer
metadata: { name: c }
imageTag: { name: i, newTag: "7" }
---
apiVersion: builtin
kind: PatchTransformer
metadata: { name: d }
target: { kind: Pod }
patch: '[{ "op": "add", "path": "/spec/hostNetwork", "value": true }]'
`,
  },
};
