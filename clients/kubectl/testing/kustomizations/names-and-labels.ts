import type { Kustomizations } from "./index.ts";

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      serviceAccountName: web
      containers:
        - name: main
          image: registry:5000/team/web:1.0
          envFrom: [{ configMapRef: { name: settings } }, { secretRef: { name: keys } }]
          env: [{ name: A, valueFrom: { configMapKeyRef: { name: settings, key: a } } }]
      volumes:
        - { name: data, persistentVolumeClaim: { claimName: data } }
        - { name: all, projected: { sources: [{ configMap: { name: settings } }, { secret: { name: keys } }] } }
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: { matchLabels: { app: web } } }]
`;

const around = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, annotations: { count: 1, on: yes } }
data: { a: "1", on: on, octal: 0777, day: 2001-01-01, number: 1e3, none: ~, big: 12345678901 }
---
apiVersion: v1
kind: Secret
metadata: { name: keys }
stringData: { a: "1" }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: web }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { storageClassName: fast, volumeName: disk }
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: fast }
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: disk }
spec: { storageClassName: fast }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, annotations: { nginx.ingress.kubernetes.io/auth-secret: keys } }
spec:
  tls: [{ secretName: keys }]
  defaultBackend: { service: { name: web, port: { number: 80 } } }
  rules: [{ http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, maxReplicas: 3 }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web }
spec: { selector: { matchLabels: { app: web } } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec: { podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }, { podSelector: {} }] }] }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly }
spec: { jobTemplate: { spec: { template: { spec: { serviceAccountName: web, containers: [{ name: a, image: "web@sha256:abc", command: [a] }] } } } } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec: { serviceName: web, selector: { matchLabels: { app: db } }, template: { metadata: { labels: { app: db } } }, volumeClaimTemplates: [{ metadata: { name: data }, spec: { storageClassName: fast } }] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader }
rules: [{ apiGroups: [""], resources: [secrets], resourceNames: [keys, others], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
subjects:
  - { kind: ServiceAccount, name: web, namespace: elsewhere }
  - { kind: ServiceAccount, name: web }
  - { kind: ServiceAccount, name: default, namespace: elsewhere }
  - { kind: User, name: web }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: reader }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader }
subjects: [{ kind: ServiceAccount, name: web, namespace: default }]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: check }
webhooks: [{ name: a.b.c, clientConfig: { service: { name: web, namespace: default } } }]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: v1.example.com }
spec: { service: { name: web, namespace: default } }
---
apiVersion: v1
kind: Namespace
metadata: { name: prod }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.com }
spec: { conversion: { webhook: { clientConfig: { service: { namespace: x, name: web } } } } }
---
apiVersion: example.com/v1
kind: Thing
metadata: { name: one }
spec: { replicas: 1, deep: [{ containers: [{ image: web:2 }] }] }
`;

const base = { "base/kustomization.yaml": "resources: [web.yaml, around.yaml]", "base/web.yaml": web, "base/around.yaml": around };

export const namesAndLabels: Kustomizations = {
  "resources alone are sorted by kind and written anew": { ...base, "kustomization.yaml": "resources: [base]" },
  "resources may stay in the order in which they come": {
    ...base,
    "kustomization.yaml": "resources: [base]\nsortOptions: { order: fifo }",
  },
  "resources are sorted as the kustomization says": {
    ...base,
    "kustomization.yaml":
      "resources: [base]\nsortOptions: { order: legacy, legacySortOptions: { orderFirst: [Ingress], orderLast: [Namespace, Thing] } }",
  },
  "a prefix and a suffix are followed by every name that refers": {
    ...base,
    "kustomization.yaml": "resources: [base]\nnamePrefix: a-\nnameSuffix: -z",
  },
  "a namespace is set where there may be one": { ...base, "kustomization.yaml": "resources: [base]\nnamespace: prod" },
  "names, namespaces and labels are changed on the way through several bases": {
    ...base,
    "middle/kustomization.yaml": "resources: [../base]\nnamePrefix: mid-\nnamespace: test\nlabels: [{ pairs: { tier: mid } }]",
    "kustomization.yaml":
      "resources: [middle]\nnamePrefix: top-\nnamespace: prod\nlabels: [{ pairs: { tier: top }, includeSelectors: true }]",
  },
  "the same base is taken in twice under other names, each with its own references": {
    ...base,
    "base/kustomization.yaml": "resources: [web.yaml]\nconfigMapGenerator: [{ name: settings, literals: [a=1] }]",
    "one/kustomization.yaml": "resources: [../base]\nnamePrefix: one-",
    "two/kustomization.yaml": "resources: [../base]\nnamePrefix: two-",
    "kustomization.yaml": "resources: [one, two]\nnamePrefix: all-",
  },
  "common labels go into selectors and templates": {
    ...base,
    "kustomization.yaml": 'resources: [base]\ncommonLabels: { team: "42", env: prod }',
  },
  "labels go into metadata, templates, or fields that are named": {
    ...base,
    "kustomization.yaml": `
resources: [base]
labels:
  - pairs: { a: "1" }
  - pairs: { b: "2" }
    includeTemplates: true
  - pairs: { c: "3" }
    fields: [{ path: spec/labels, kind: Thing, create: true }, { path: spec/nothing/labels, kind: Thing }]
commonAnnotations: { note: "yes", other: a b }
`,
  },
  "images are renamed, tagged and pinned": {
    ...base,
    "kustomization.yaml": `
resources: [base]
images:
  - { name: "registry:5000/team/web", newName: mirror/web, newTag: v2 }
  - { name: web, digest: "sha256:fff" }
  - { name: nothing, newTag: "1" }
`,
  },
  "a suffix of tags is added where upstream adds it": {
    ...base,
    "kustomization.yaml": "resources: [base]\nimages: [{ name: web, tagSuffix: -x }]",
  },
  "replicas are set by the name at first or now": {
    ...base,
    "kustomization.yaml": "resources: [base]\nnamePrefix: a-\nreplicas: [{ name: web, count: 5 }, { name: a-db, count: 2 }]",
  },
  "names and namespaces that look like others are told apart": {
    "kustomization.yaml": "resources: [all.yaml]\nnamePrefix: p-",
    "all.yaml": `
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: ServiceAccount, metadata: { name: a, namespace: one } }
  - { apiVersion: v1, kind: ServiceAccount, metadata: { name: a, namespace: two } }
  - { apiVersion: v1, kind: ConfigMap, metadata: { name: a, namespace: one }, data: {} }
  - { apiVersion: v1, kind: ConfigMap, metadata: { name: a, namespace: two } }
  - apiVersion: v1
    kind: Pod
    metadata: { name: p, namespace: two }
    spec: { serviceAccountName: a, volumes: [{ name: v, configMap: { name: a } }, { name: w, configMap: { name: b } }] }
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: { name: b, namespace: one }
    roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
    subjects: [{ kind: ServiceAccount, name: a, namespace: two }, { kind: ServiceAccount, name: a, namespace: one }]
`,
  },
  "objects for tools alone are left out, lists are taken apart, and empty documents are none": {
    "kustomization.yaml": "resources: [all.yaml]\nnamePrefix: p-",
    "all.yaml": `---
# nothing
---
apiVersion: v1
kind: ConfigMapList
items: [{ apiVersion: v1, kind: ConfigMap, metadata: { name: c, labels: {}, annotations: {}, creationTimestamp: null } }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: hidden, annotations: { config.kubernetes.io/local-config: "true" } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: shown, annotations: { config.kubernetes.io/local-config: "false" } }
data: { text: "a\\nb\\n", long: "${"word ".repeat(40)}", quote: "'", tab: "\\t", html: <a&b> }
`,
  },
};
