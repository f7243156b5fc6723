/** An object of every kind that a server takes, as short as it can be. A new kind is one line here. */
const container = { name: "main", image: "example.com/main:1" };
const labels = { app: "fuzz" };
const template = { metadata: { labels }, spec: { containers: [container] } };
const jobTemplate = { metadata: { labels }, spec: { containers: [container], restartPolicy: "Never" } };
const selector = { matchLabels: labels };
const rule = { operations: ["CREATE"], apiGroups: ["fuzz.example.com"], apiVersions: ["v1"], resources: ["things"] };
const webhook = {
  name: "fuzz.hooks.example.com",
  clientConfig: { url: "https://127.0.0.1:1/" },
  rules: [rule],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
};
const matchConstraints = { resourceRules: [rule] };
const claim = { devices: { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu.example.com" } }] } };
const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "fuzz" };
const involved = { namespace: "default", name: "fuzz", kind: "Pod", apiVersion: "v1" };
const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "fuzz" };

/** By `resource.group/version`; what all objects have (kind, apiVersion, a name) is left out. */
export const validObjects: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "configmaps/v1": { data: { key: "value" } },
  "endpoints/v1": { subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80 }] }] },
  "events/v1": { involvedObject: involved, reason: "Fuzzed", message: "It was fuzzed", type: "Normal" },
  "limitranges/v1": { spec: { limits: [{ type: "Container", default: { cpu: "1" } }] } },
  "namespaces/v1": {},
  "nodes/v1": { spec: { podCIDR: "10.244.9.0/24" }, status: { capacity: { cpu: "1" } } },
  "persistentvolumeclaims/v1": { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } },
  "persistentvolumes/v1": { spec: { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, hostPath: { path: "/tmp/fuzz" } } },
  "pods/v1": { metadata: { labels }, spec: { containers: [container] } },
  "podtemplates/v1": { template },
  "replicationcontrollers/v1": { spec: { selector: labels, template } },
  "resourcequotas/v1": { spec: { hard: { pods: "5" } } },
  "secrets/v1": { data: { key: "dmFsdWU=" } },
  "serviceaccounts/v1": { secrets: [{ name: "fuzz" }] },
  "services/v1": { spec: { selector: labels, ports: [{ name: "http", port: 80, targetPort: "http" }] } },
  "apiservices.apiregistration.k8s.io/v1": {
    metadata: { name: "v1.fuzz.example.com" },
    spec: { group: "fuzz.example.com", version: "v1", groupPriorityMinimum: 100, versionPriority: 10 },
  },
  "controllerrevisions.apps/v1": { revision: 1, data: { spec: {} } },
  "daemonsets.apps/v1": { spec: { selector, template } },
  "deployments.apps/v1": { spec: { selector, template } },
  "replicasets.apps/v1": { spec: { selector, template } },
  "statefulsets.apps/v1": { spec: { selector, template, serviceName: "fuzz" } },
  "events.events.k8s.io/v1": {
    regarding: involved,
    eventTime: "2026-01-01T00:00:00.000000Z",
    action: "Fuzz",
    reason: "Fuzzed",
    note: "It was fuzzed",
    type: "Normal",
    reportingController: "example.com/fuzzer",
    reportingInstance: "fuzzer-0",
  },
  "horizontalpodautoscalers.autoscaling/v2": { spec: { scaleTargetRef, maxReplicas: 3 } },
  "horizontalpodautoscalers.autoscaling/v1": { spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 50 } },
  "cronjobs.batch/v1": { spec: { schedule: "*/5 * * * *", jobTemplate: { spec: { template: jobTemplate } } } },
  "jobs.batch/v1": { spec: { template: jobTemplate } },
  "ingressclasses.networking.k8s.io/v1": { spec: { controller: "example.com/fuzz" } },
  "ingresses.networking.k8s.io/v1": { spec: { defaultBackend: { service: { name: "fuzz", port: { number: 80 } } } } },
  "ipaddresses.networking.k8s.io/v1": {
    metadata: { name: "192.0.2.1" },
    spec: { parentRef: { resource: "services", namespace: "default", name: "fuzz" } },
  },
  "networkpolicies.networking.k8s.io/v1": { spec: { podSelector: selector, ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }] } },
  "servicecidrs.networking.k8s.io/v1": { spec: { cidrs: ["10.9.0.0/24"] } },
  "poddisruptionbudgets.policy/v1": { spec: { selector, maxUnavailable: "25%" } },
  "clusterrolebindings.rbac.authorization.k8s.io/v1": { roleRef, subjects: [{ kind: "User", name: "fuzz" }] },
  "clusterroles.rbac.authorization.k8s.io/v1": { rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }] },
  "rolebindings.rbac.authorization.k8s.io/v1": { roleRef, subjects: [{ kind: "User", name: "fuzz" }] },
  "roles.rbac.authorization.k8s.io/v1": { rules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }] },
  "csidrivers.storage.k8s.io/v1": { spec: { tokenRequests: [{ audience: "fuzz" }] } },
  "csinodes.storage.k8s.io/v1": { spec: { drivers: [{ name: "fuzz.example.com", nodeID: "fuzz", topologyKeys: ["example.com/rack"] }] } },
  "csistoragecapacities.storage.k8s.io/v1": { storageClassName: "fuzz", capacity: "1Gi" },
  "storageclasses.storage.k8s.io/v1": { provisioner: "fuzz.example.com", parameters: { kind: "fast" } },
  "volumeattachments.storage.k8s.io/v1": {
    spec: { attacher: "fuzz.example.com", nodeName: "fuzz", source: { persistentVolumeName: "fuzz" } },
  },
  "volumeattributesclasses.storage.k8s.io/v1": { driverName: "fuzz.example.com", parameters: { iops: "1000" } },
  "mutatingadmissionpolicies.admissionregistration.k8s.io/v1": {
    spec: {
      matchConstraints,
      mutations: [{ patchType: "JSONPatch", jsonPatch: { expression: "[]" } }],
      reinvocationPolicy: "Never",
    },
  },
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io/v1": { spec: { policyName: "fuzz" } },
  "mutatingwebhookconfigurations.admissionregistration.k8s.io/v1": { webhooks: [webhook] },
  "validatingadmissionpolicies.admissionregistration.k8s.io/v1": { spec: { matchConstraints, validations: [{ expression: "true" }] } },
  "validatingadmissionpolicybindings.admissionregistration.k8s.io/v1": { spec: { policyName: "fuzz", validationActions: ["Deny"] } },
  "validatingwebhookconfigurations.admissionregistration.k8s.io/v1": { webhooks: [webhook] },
  "customresourcedefinitions.apiextensions.k8s.io/v1": {
    metadata: { name: "things.fuzz.example.com" },
    spec: {
      group: "fuzz.example.com",
      scope: "Namespaced",
      names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { size: { type: "integer" } } } },
        },
      ],
    },
  },
  "priorityclasses.scheduling.k8s.io/v1": { value: 10, description: "Fuzzed" },
  "leases.coordination.k8s.io/v1": { spec: { holderIdentity: "fuzz", leaseDurationSeconds: 15 } },
  "runtimeclasses.node.k8s.io/v1": { handler: "fuzz", overhead: { podFixed: { cpu: "1m" } } },
  "endpointslices.discovery.k8s.io/v1": { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [{ port: 80 }] },
  "deviceclasses.resource.k8s.io/v1": { spec: { selectors: [{ cel: { expression: "true" } }] } },
  "resourceclaims.resource.k8s.io/v1": { spec: claim },
  "resourceclaimtemplates.resource.k8s.io/v1": { spec: { spec: claim } },
  "resourceslices.resource.k8s.io/v1": {
    spec: {
      driver: "gpu.example.com",
      pool: { name: "fuzz", generation: 1, resourceSliceCount: 1 },
      nodeName: "fuzz",
      devices: [{ name: "gpu-0", attributes: { model: { string: "A" } }, capacity: { memory: { value: "8Gi" } } }],
    },
  },
  "flowschemas.flowcontrol.apiserver.k8s.io/v1": {
    spec: {
      priorityLevelConfiguration: { name: "fuzz" },
      rules: [
        {
          subjects: [{ kind: "User", user: { name: "fuzz" } }],
          resourceRules: [{ verbs: ["get"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"] }],
        },
      ],
    },
  },
  "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io/v1": {
    spec: { type: "Limited", limited: { limitResponse: { type: "Queue", queuing: {} } } },
  },
  "certificatesigningrequests.certificates.k8s.io/v1": {
    spec: {
      // Of the name `e2e.example.com`, with a P-256 key that nobody has kept.
      request: [
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIVU1Id0NBUUF3R2pFWU1CWUdBMVVFQXd3UFpUSmxMbVY0WVcxd2JHVXVZMj",
        "l0TUZrd0V3WUhLb1pJemowQwpBUVlJS29aSXpqMERBUWNEUWdBRWJEa3dhcmVBWmw5Z1dBOFNlMmg1SzFxY1MxS0E4VU5KL21mQzRMVTNhaUJN",
        "CiszKzBLaWt4V2d1OHg0aHNMcnpqODlmN0dZZDVpd0pBOE93bXAyS3VkcUFBTUFvR0NDcUdTTTQ5QkFNQ0EwZ0EKTUVVQ0lRRGtTaFRxeHF2Nl",
        "RueU1xMjJCZDF5REZRV1Q1bXk0andLQ2FEcEgzdEx2aHdJZ2ZUam5qaUl5OHVhTwpEMmF0b2FqbHc3Y3p1d3dOaDJicmpxdjZFUGF4dm5BPQot",
        "LS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K",
      ].join(""),
      signerName: "example.com/fuzz",
      usages: ["client auth"],
    },
  },
};
