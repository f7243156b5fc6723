import type { Kustomizations } from "./index.ts";

const resource = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\n";

/** What is refused in the very words of a real one. */
export const refused: Kustomizations = {
  "a folder without a kustomization": { "kustomization.yaml": "resources: [empty]", "empty/nothing.txt": "" },
  "two kustomizations in a folder": {
    "kustomization.yaml": "resources: [two]",
    "two/kustomization.yml": "namePrefix: a",
    "two/Kustomization": "namePrefix: a",
  },
  "an empty kustomization": { "kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n" },
  "a field that nobody knows": { "kustomization.yaml": "resources: []\nfoo: 1" },
  "a field of another type": { "kustomization.yaml": "resources: a.yaml" },
  "another kind": { "kustomization.yaml": "apiVersion: v1\nkind: Pod\nnamePrefix: a" },
  "a missing file": { "kustomization.yaml": "resources: [missing/a.yaml]" },
  "a file outside of the folder": {
    "base/kustomization.yaml": "resources: [../a.yaml]",
    "a.yaml": resource,
    "kustomization.yaml": "resources: [base]",
  },
  "data from outside of the folder": {
    "base/kustomization.yaml": "configMapGenerator: [{ name: a, files: [../a.yaml] }]",
    "a.yaml": resource,
    "kustomization.yaml": "resources: [base]",
  },
  "a base that holds its overlay": { "base/kustomization.yaml": "resources: [..]", "kustomization.yaml": "resources: [base]" },
  "bases that lead to each other": {
    "a/kustomization.yaml": "resources: [../b]",
    "b/kustomization.yaml": "resources: [../a]",
    "kustomization.yaml": "resources: [a]",
  },
  "the same resource twice": { "kustomization.yaml": "resources: [a.yaml, b.yaml]", "a.yaml": resource, "b.yaml": resource },
  "a component as a base": {
    "kustomization.yaml": "resources: [c]",
    "c/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: a",
  },
  "a base as a component": { "kustomization.yaml": "components: [c]", "c/kustomization.yaml": "namePrefix: a" },
  "a patch for nobody": {
    "kustomization.yaml": 'resources: [a.yaml]\npatches: [{ patch: "apiVersion: v1\\nkind: ConfigMap\\nmetadata: { name: d }" }]',
    "a.yaml": resource,
  },
  "replicas of nobody": { "kustomization.yaml": "resources: [a.yaml]\nreplicas: [{ name: c, count: 1 }]", "a.yaml": resource },
  "a replacement without its source": {
    "kustomization.yaml": "resources: [a.yaml]\nreplacements: [{ source: { kind: Pod }, targets: [{ select: { kind: ConfigMap } }] }]",
    "a.yaml": resource,
  },
  "a replacement without its target": {
    "kustomization.yaml":
      "resources: [a.yaml]\nreplacements: [{ source: { kind: ConfigMap }, targets: [{ select: { kind: ConfigMap }, fieldPaths: [data.a] }] }]",
    "a.yaml": resource,
  },
  "an object without a name": { "kustomization.yaml": "resources: [a.yaml]", "a.yaml": "apiVersion: v1\nkind: ConfigMap\n" },
  "a key twice in what is generated": { "kustomization.yaml": "configMapGenerator: [{ name: a, literals: [a=1, a=2] }]" },
  "a literal without a value": { "kustomization.yaml": "configMapGenerator: [{ name: a, literals: [a] }]" },
};
