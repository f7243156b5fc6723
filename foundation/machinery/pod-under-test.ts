import { kindObject } from "./kind-object.ts";
import type { KubernetesObject } from "./meta.ts";
import { type defaulted, flag, integer, list, map, object, quantity, type Schema, string, struct, text } from "./schema.ts";

// A Pod in small, for tests of what works on any schema: the kinds themselves are declared a package above.

export interface PodUnderTest extends KubernetesObject {
  readonly [defaulted]?: "spec";
  readonly spec: PodSpecUnderTest;
}

export interface PodSpecUnderTest {
  readonly [defaulted]?: "restartPolicy" | "terminationGracePeriodSeconds" | "hostNetwork";
  readonly volumes?: readonly VolumeUnderTest[];
  readonly containers: readonly ContainerUnderTest[];
  readonly restartPolicy: "Always" | "OnFailure" | "Never";
  readonly terminationGracePeriodSeconds: number;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly nodeName?: string;
  readonly hostNetwork: boolean;
  readonly tolerations?: readonly TolerationUnderTest[];
  readonly probes?: Readonly<Record<string, { readonly port?: number }>>;
}

export interface ContainerUnderTest {
  readonly [defaulted]?: "resources";
  readonly name: string;
  readonly image?: string;
  readonly args?: readonly string[];
  readonly ports?: readonly PortUnderTest[];
  readonly env?: readonly EnvVarUnderTest[];
  readonly resources: ResourcesUnderTest;
  readonly volumeMounts?: readonly MountUnderTest[];
  readonly stdin?: boolean;
}

export interface PortUnderTest {
  readonly [defaulted]?: "protocol";
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol: "TCP" | "UDP";
}

export interface EnvVarUnderTest {
  readonly name: string;
  readonly value?: string;
}

export interface MountUnderTest {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
}

export interface ResourcesUnderTest {
  readonly limits?: Readonly<Record<string, string>>;
  readonly requests?: Readonly<Record<string, string>>;
}

export interface VolumeUnderTest {
  readonly name: string;
  readonly emptyDir?: { readonly medium?: string };
  readonly hostPath?: { readonly path?: string };
}

export interface TolerationUnderTest {
  readonly key?: string;
  readonly operator?: string;
}

const core = "io.k8s.api.core.v1";

const port = object<PortUnderTest>(`${core}.ContainerPort`, "A port.", {
  name: text({ field: 1, doc: "Its name." }),
  containerPort: integer({ field: 3, required: true, minimum: 1, maximum: 65535, doc: "Its number." }),
  protocol: text({ field: 4, enum: ["TCP", "UDP"], default: "TCP", doc: "Its protocol." }),
});

const environmentVariable = object<EnvVarUnderTest>(`${core}.EnvVar`, "A variable.", {
  name: text({ field: 1, required: true, doc: "Its name." }),
  value: text({ field: 2, maxLength: 10, doc: "Its value." }),
});

const mount = object<MountUnderTest>(`${core}.VolumeMount`, "A mount.", {
  name: text({ field: 1, required: true, doc: "The name of the volume." }),
  mountPath: text({ field: 3, required: true, doc: "Where it is mounted." }),
  subPath: text({ field: 4, doc: "What of it." }),
});

const resources = object<ResourcesUnderTest>(`${core}.ResourceRequirements`, "What a container needs.", {
  limits: map(quantity, { field: 1, doc: "At most." }),
  requests: map(quantity, { field: 2, doc: "At least." }),
});

const container = object<ContainerUnderTest>(`${core}.Container`, "A container.", {
  name: text({ field: 1, required: true, doc: "Its name." }),
  image: text({ field: 2, doc: "Its image." }),
  args: list(string, { field: 4, listType: "atomic", doc: "Its arguments." }),
  ports: list(port, {
    field: 6,
    listType: "map",
    mapKeys: ["containerPort", "protocol"],
    patchStrategy: "merge",
    mergeKey: "containerPort",
    doc: "Its ports.",
  }),
  env: list(environmentVariable, {
    field: 7,
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge",
    mergeKey: "name",
    doc: "Its environment.",
  }),
  resources: struct(resources, { field: 8, default: {}, doc: "What it needs." }),
  volumeMounts: list(mount, { field: 9, patchStrategy: "merge", mergeKey: "mountPath", doc: "Its mounts." }),
  stdin: flag({ field: 16, doc: "Whether it reads from a terminal." }),
});

const volume = object<VolumeUnderTest>(`${core}.Volume`, "A volume.", {
  name: text({ field: 1, required: true, doc: "Its name." }),
  emptyDir: struct(
    object<{ readonly medium?: string }>(`${core}.EmptyDirVolumeSource`, "A folder.", { medium: text({ field: 1, doc: "Where." }) }),
    { field: 2, presence: "pointer", doc: "A folder." },
  ),
  hostPath: struct(
    object<{ readonly path?: string }>(`${core}.HostPathVolumeSource`, "A path.", { path: text({ field: 1, doc: "Which." }) }),
    { field: 3, presence: "pointer", doc: "A path." },
  ),
});

const toleration = object<TolerationUnderTest>(`${core}.Toleration`, "A toleration.", {
  key: text({ field: 1, doc: "The key of the taint." }),
  operator: text({ field: 2, doc: "How it compares." }),
});

const probe = object<{ readonly port?: number }>(`${core}.Probe`, "A probe.", {
  port: integer({ field: 1, minimum: 1, doc: "Which port." }),
});

const podSpec = object<PodSpecUnderTest>(`${core}.PodSpec`, "What a Pod is to be.", {
  volumes: list(volume, { field: 1, patchStrategy: "merge,retainKeys", mergeKey: "name", doc: "Its volumes." }),
  containers: list(container, { field: 2, required: true, patchStrategy: "merge", mergeKey: "name", doc: "Its containers." }),
  restartPolicy: text({ field: 3, enum: ["Always", "OnFailure", "Never"], default: "Always", doc: "Whether containers restart." }),
  terminationGracePeriodSeconds: integer({
    field: 4,
    bits: 64,
    presence: "pointer",
    default: 30,
    minimum: 0,
    doc: "How long it may take to end.",
  }),
  nodeSelector: map(string, { field: 7, mapType: "atomic", doc: "Which Nodes it may run on." }),
  nodeName: text({ field: 10, doc: "The Node it runs on." }),
  hostNetwork: flag({ field: 11, default: false, doc: "Whether it uses the Node's network." }),
  tolerations: list(toleration, { field: 22, listType: "atomic", doc: "Which taints it tolerates." }),
  probes: map(probe, { field: 99, doc: "A map of objects." }),
});

export const aPodSchema: Schema<PodUnderTest> = kindObject<PodUnderTest>(`${core}.Pod`, "Containers that run together.", {
  spec: struct(podSpec, { field: 2, default: {}, doc: "What is wanted." }),
});
