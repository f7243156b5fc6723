import { anything, choice, flag, integer, listOf, type Operator, setOf, status, struct, text } from "./operator.ts";

const source = struct(
  {
    repository: text(2048, { pattern: "^(https|ssh|oci)://" }),
    revision: { ...text(256), default: "HEAD" },
    path: text(1024),
    chart: text(253),
    helm: struct({
      releaseName: text(53),
      values: anything,
      parameters: listOf(struct({ name: text(253), value: text(4096) }, { required: ["name", "value"] }), 100, {
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
      }),
    }),
    kustomize: struct({ namePrefix: text(53), images: setOf(text(1024), 50) }),
  },
  {
    required: ["repository"],
    "x-kubernetes-validations": [
      { rule: "has(self.path) != has(self.chart)", message: "either a path or a chart" },
      { rule: "!(has(self.helm) && has(self.kustomize))", message: "one tool renders it" },
    ],
  },
);

/** A GitOps controller: what a repository holds is what a cluster runs. */
export const applications: Operator = {
  version: "v1alpha1",
  definition: {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "applications.gitops.example.com" },
    spec: {
      group: "gitops.example.com",
      scope: "Cluster",
      names: { plural: "applications", singular: "application", kind: "Application", shortNames: ["app", "apps"] },
      versions: [
        {
          name: "v1alpha1",
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [{ name: "Sync", type: "string", jsonPath: ".status.sync", priority: 0 }],
          schema: {
            openAPIV3Schema: struct(
              {
                spec: struct(
                  {
                    project: text(63, { minLength: 1 }),
                    sources: listOf(source, 10, { minItems: 1, "x-kubernetes-list-type": "atomic" }),
                    destination: struct(
                      { server: text(2048), name: text(63), namespace: text(63) },
                      {
                        "x-kubernetes-map-type": "atomic",
                        "x-kubernetes-validations": [
                          { rule: "has(self.server) != has(self.name)", message: "one cluster, by its address or by its name" },
                        ],
                      },
                    ),
                    syncPolicy: struct({
                      automated: {
                        ...struct({ prune: { ...flag, default: false }, selfHeal: { ...flag, default: false } }),
                        nullable: true,
                      },
                      options: setOf(text(100, { pattern: "^[A-Za-z]+=(true|false)$" }), 20),
                      retry: struct({ limit: integer(-1, 100, { default: 5 }), factor: { type: "number", minimum: 1 } }),
                    }),
                    ignoreDifferences: listOf(
                      struct(
                        { group: text(253), kind: text(63), jsonPointers: listOf(text(1024, { pattern: "^/" }), 50) },
                        { required: ["kind"] },
                      ),
                      50,
                    ),
                    template: { ...anything, "x-kubernetes-embedded-resource": true },
                    prune: { ...choice("Foreground", "Background", "Orphan"), default: "Foreground" },
                  },
                  {
                    required: ["project", "sources", "destination"],
                    "x-kubernetes-validations": [
                      { rule: "self.project == oldSelf.project", message: "an application stays in its project", fieldPath: ".project" },
                    ],
                  },
                ),
                status: struct({ ...status.properties, sync: choice("Synced", "OutOfSync", "Unknown") }),
              },
              { required: ["spec"] },
            ),
          },
        },
      ],
    },
  },
  spec: {
    project: "web",
    sources: [{ repository: "https://git.example.com/web", path: "deploy" }],
    destination: { name: "production", namespace: "web" },
  },
  valid: {
    "from a chart": { sources: [{ repository: "oci://registry.example.com/charts", chart: "web", helm: { releaseName: "web" } }] },
    "with values of any form": { sources: [{ repository: "https://a", path: ".", helm: { values: { deep: [{ er: null }] } } }] },
    "with parameters": { sources: [{ repository: "https://a", path: ".", helm: { parameters: [{ name: "a", value: "1" }] } }] },
    "from two places": {
      sources: [
        { repository: "https://a", path: "." },
        { repository: "ssh://b", path: ".", revision: "v1" },
      ],
    },
    "by the address of a cluster": { destination: { name: null, server: "https://192.0.2.1:6443" } },
    "synced by itself": { syncPolicy: { automated: { prune: true } } },
    "with options": { syncPolicy: { options: ["CreateNamespace=true", "Validate=false"] } },
    "tried again for ever": { syncPolicy: { retry: { limit: -1, factor: 2 } } },
    "without looking at replicas": { ignoreDifferences: [{ group: "apps", kind: "Deployment", jsonPointers: ["/spec/replicas"] }] },
    "with an object in it": { template: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { a: "b" } } },
  },
  invalid: {
    "without a project": [{ project: "" }, "spec.project", "Invalid value"],
    "without sources": [{ sources: [] }, "spec.sources", "Invalid value"],
    "by a protocol that there isn't": [
      { sources: [{ repository: "gopher://a", path: "." }] },
      "spec.sources[0].repository",
      "Invalid value",
    ],
    "from a path and a chart": [
      { sources: [{ repository: "https://a", path: ".", chart: "c" }] },
      "spec.sources[0]",
      "Invalid value: either a path or a chart",
    ],
    "rendered twice": [
      { sources: [{ repository: "https://a", path: ".", helm: {}, kustomize: {} }] },
      "spec.sources[0]",
      "Invalid value: one tool renders it",
    ],
    "with a parameter twice": [
      {
        sources: [
          {
            repository: "https://a",
            path: ".",
            helm: {
              parameters: [
                { name: "a", value: "1" },
                { name: "a", value: "2" },
              ],
            },
          },
        ],
      },
      "spec.sources[0].helm.parameters[1]",
      "Duplicate value",
    ],
    "to two clusters": [
      { destination: { server: "https://a" } },
      "spec.destination",
      "Invalid value: one cluster, by its address or by its name",
    ],
    "with an option that is none": [{ syncPolicy: { options: ["maybe"] } }, "spec.syncPolicy.options[0]", "Invalid value"],
    "with an object of no kind in it": [
      { template: { apiVersion: "v1", metadata: { name: "a" } } },
      "spec.template.kind",
      "Required value",
    ],
    "pruned in a way that there isn't": [{ prune: "Later" }, "spec.prune", "Unsupported value"],
  },
  refusedUpdate: [{ project: "other" }, "spec.project", "Invalid value: an application stays in its project"],
};
