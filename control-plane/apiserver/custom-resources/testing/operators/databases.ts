import { anything, choice, flag, integer, intOrString, mapByName, type Operator, status, struct, text, textMap } from "./operator.ts";

const storage = struct(
  { size: intOrString, storageClass: text(253), resizeInUseVolumes: { ...flag, default: true } },
  {
    required: ["size"],
    "x-kubernetes-validations": [
      { rule: "isQuantity(string(self.size))", message: "a size is a quantity", fieldPath: ".size" },
      {
        rule: "!isQuantity(string(self.size)) || quantity(string(self.size)).compareTo(quantity(string(oldSelf.size))) >= 0",
        message: "storage can't shrink",
      },
    ],
  },
);

const schema = struct(
  {
    spec: struct(
      {
        instances: integer(1, 9, { default: 1 }),
        minSyncReplicas: integer(0, 8, { default: 0 }),
        imageName: text(1024),
        mode: { ...choice("primary", "replica"), default: "primary" },
        storage,
        parameters: textMap(200, 1024),
        bootstrap: struct(
          {
            initdb: struct({ database: text(63), owner: text(63), encoding: { ...text(20), default: "UTF8" } }),
            recovery: struct({ source: text(253), targetTime: { type: "string", format: "date-time" } }, { required: ["source"] }),
          },
          { minProperties: 1, maxProperties: 1 },
        ),
        roles: mapByName(
          struct({
            name: text(63),
            login: flag,
            superuser: flag,
            connectionLimit: integer(-1, 1000, { default: -1 }),
            inRoles: { type: "array", items: text(63) },
          }),
          50,
        ),
        resources: struct({
          limits: { type: "object", additionalProperties: intOrString },
          requests: { type: "object", additionalProperties: intOrString },
        }),
        affinity: anything,
      },
      {
        required: ["storage"],
        "x-kubernetes-validations": [
          {
            rule: "self.minSyncReplicas < self.instances",
            message: "fewer replicas in step than instances",
            fieldPath: ".minSyncReplicas",
          },
          { rule: "oldSelf.mode == self.mode || self.mode == 'primary'", message: "a primary stays one" },
        ],
      },
    ),
    status: struct({ ...status.properties, instances: integer(0, 9), readyInstances: integer(0, 9), selector: text(1000) }),
  },
  { required: ["spec"] },
);

const version = {
  served: true,
  subresources: {
    status: {},
    scale: { specReplicasPath: ".spec.instances", statusReplicasPath: ".status.instances", labelSelectorPath: ".status.selector" },
  },
  schema: { openAPIV3Schema: schema },
} as const;

/** A database operator: a cluster of database servers, in two versions that differ in their names only. */
export const databases: Operator = {
  version: "v1",
  definition: {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "databases.databases.example.com" },
    spec: {
      group: "databases.example.com",
      scope: "Namespaced",
      names: { plural: "databases", singular: "database", kind: "Database", shortNames: ["db"], categories: ["all"] },
      conversion: { strategy: "None" },
      versions: [
        { ...version, name: "v1", storage: true },
        { ...version, name: "v1beta1", storage: false, deprecated: true },
      ],
    },
  },
  spec: { storage: { size: "10Gi" } },
  valid: {
    "of three instances": { instances: 3, minSyncReplicas: 1 },
    "with a size that is a number": { storage: { size: 1_000_000_000 } },
    "with parameters": { parameters: { max_connections: "200", shared_buffers: "256MB" } },
    "that begins empty": { bootstrap: { initdb: { database: "app", owner: "app" } } },
    "that begins with a copy": { bootstrap: { recovery: { source: "old", targetTime: "2026-01-01T12:00:00Z" } } },
    "with roles": {
      roles: [
        { name: "app", login: true },
        { name: "reports", connectionLimit: 5 },
      ],
    },
    "with resources": { resources: { requests: { cpu: 1, memory: "1Gi" }, limits: { memory: "2Gi" } } },
    "with an affinity of any form": { affinity: { podAntiAffinity: { some: ["thing"] } } },
    "of an image": { imageName: "registry.example.com/database:17" },
    "that follows another": { mode: "replica" },
  },
  invalid: {
    "without storage": [{ storage: null }, "spec.storage", "Required value"],
    "of no instances": [{ instances: 0 }, "spec.instances", "Invalid value"],
    "of too many": [{ instances: 10 }, "spec.instances", "Invalid value"],
    "with all in step": [
      { instances: 2, minSyncReplicas: 2 },
      "spec.minSyncReplicas",
      "Invalid value: fewer replicas in step than instances",
    ],
    "with a size that is none": [{ storage: { size: "large" } }, "spec.storage.size", "Invalid value: a size is a quantity"],
    "with parameters that are numbers": [{ parameters: { max_connections: 200 } }, "spec.parameters.max_connections", "Invalid value"],
    "that begins in two ways": [{ bootstrap: { initdb: {}, recovery: { source: "old" } } }, "spec.bootstrap", "Too many"],
    "that begins in no way": [{ bootstrap: {} }, "spec.bootstrap", "Invalid value"],
    "with a role twice": [{ roles: [{ name: "app" }, { name: "app" }] }, "spec.roles[1]", "Duplicate value"],
    "at a time that is none": [
      { bootstrap: { recovery: { source: "old", targetTime: "noon" } } },
      "spec.bootstrap.recovery.targetTime",
      "Invalid value",
    ],
  },
  refusedUpdate: [{ storage: { size: "5Gi" } }, "spec.storage", "Invalid value: storage can't shrink"],
};
