import { type defaulted, flag, int32, list, object, type Schema, string, struct, text } from "@kubets/machinery";
import { type ResourceRequirements, resourceRequirements } from "../shared/resource-requirements.ts";
import { type EnvFromSource, envFromSource, type EnvVar, envVar } from "./environment.ts";
import { type Lifecycle, lifecycle } from "./lifecycle.ts";
import { type ContainerPort, containerPort } from "./ports.ts";
import { type Probe, probe } from "./probe.ts";
import { type SecurityContext, securityContext } from "./security-context.ts";

export interface Container {
  readonly [defaulted]?: "resources" | "terminationMessagePath" | "terminationMessagePolicy";
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly ports?: readonly ContainerPort[];
  readonly envFrom?: readonly EnvFromSource[];
  readonly env?: readonly EnvVar[];
  readonly resources: ResourceRequirements;
  readonly resizePolicy?: readonly ContainerResizePolicy[];
  readonly restartPolicy?: "Always" | "Never" | "OnFailure";
  readonly restartPolicyRules?: readonly ContainerRestartRule[];
  readonly volumeMounts?: readonly VolumeMount[];
  readonly volumeDevices?: readonly VolumeDevice[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly lifecycle?: Lifecycle;
  readonly terminationMessagePath: string;
  readonly terminationMessagePolicy: "FallbackToLogsOnError" | "File";
  readonly imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
  readonly securityContext?: SecurityContext;
  readonly stdin?: boolean;
  readonly stdinOnce?: boolean;
  readonly tty?: boolean;
}

export interface ContainerResizePolicy {
  readonly resourceName: string;
  readonly restartPolicy: "NotRequired" | "RestartContainer";
}

export interface ContainerRestartRule {
  readonly action: "Restart" | "RestartAllContainers";
  readonly exitCodes?: ContainerRestartRuleOnExitCodes;
}

export interface ContainerRestartRuleOnExitCodes {
  readonly operator: "In" | "NotIn";
  readonly values?: readonly number[];
}

export interface VolumeMount {
  readonly name: string;
  readonly readOnly?: boolean;
  readonly recursiveReadOnly?: "Disabled" | "Enabled" | "IfPossible";
  readonly mountPath: string;
  readonly subPath?: string;
  readonly mountPropagation?: "Bidirectional" | "HostToContainer" | "None";
  readonly subPathExpr?: string;
}

export interface VolumeDevice {
  readonly name: string;
  readonly devicePath: string;
}

export const containerResizePolicy: Schema<ContainerResizePolicy> = object<ContainerResizePolicy>(
  "io.k8s.api.core.v1.ContainerResizePolicy",
  "What a change of one resource does to a running container.",
  {
    resourceName: text({ field: 1, required: true, doc: "The resource: cpu or memory." }),
    restartPolicy: text({
      field: 2,
      enum: ["NotRequired", "RestartContainer"],
      required: true,
      doc: "Whether the container is restarted.",
    }),
  },
);

export const containerRestartRuleOnExitCodes: Schema<ContainerRestartRuleOnExitCodes> = object<ContainerRestartRuleOnExitCodes>(
  "io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes",
  "A set of exit codes, or all but a set.",
  {
    operator: text({
      field: 1,
      enum: ["In", "NotIn"],
      required: true,
      doc: "Whether the exit code must, or must not, be one of the values.",
    }),
    values: list(int32, { field: 2, listType: "set", doc: "The exit codes." }),
  },
);

export const containerRestartRule: Schema<ContainerRestartRule> = object<ContainerRestartRule>(
  "io.k8s.api.core.v1.ContainerRestartRule",
  "What to do when a container ends in a certain way.",
  {
    action: text({ field: 1, enum: ["Restart", "RestartAllContainers"], required: true, doc: "What to do." }),
    exitCodes: struct(containerRestartRuleOnExitCodes, { field: 2, presence: "pointer", doc: "Exit codes on which the rule applies." }),
  },
);

export const volumeMount: Schema<VolumeMount> = object<VolumeMount>(
  "io.k8s.api.core.v1.VolumeMount",
  "Where a volume appears in a container.",
  {
    name: text({ field: 1, required: true, doc: "Name of the volume." }),
    readOnly: flag({ field: 2, doc: "Mount read-only." }),
    recursiveReadOnly: text({
      field: 7,
      presence: "pointer",
      enum: ["Disabled", "Enabled", "IfPossible"],
      doc: "Whether mounts below a read-only one are made read-only too.",
    }),
    mountPath: text({ field: 3, required: true, doc: "Path in the container; must not hold a colon." }),
    subPath: text({ field: 4, doc: "Path within the volume that is mounted instead of its root." }),
    mountPropagation: text({
      field: 5,
      presence: "pointer",
      enum: ["Bidirectional", "HostToContainer", "None"],
      doc: "Whether mounts made later are seen across the border between node and container; None when absent.",
    }),
    subPathExpr: text({ field: 6, doc: "As subPath, with $(NAME) replaced by a variable of the container." }),
  },
);

export const volumeDevice: Schema<VolumeDevice> = object<VolumeDevice>(
  "io.k8s.api.core.v1.VolumeDevice",
  "Where a block volume appears in a container.",
  {
    name: text({ field: 1, required: true, doc: "Name of a PersistentVolumeClaim volume of the Pod." }),
    devicePath: text({ field: 2, required: true, doc: "Path of the device in the container." }),
  },
);

export const container: Schema<Container> = object<Container>("io.k8s.api.core.v1.Container", "One container of a Pod.", {
  name: text({ field: 1, required: true, doc: "Name of the container, unique in the Pod." }),
  image: text({ field: 2, doc: "Image to run." }),
  command: list(string, {
    field: 3,
    listType: "atomic",
    doc: "Program to run instead of the image's entry point; $(NAME) is replaced by a variable.",
  }),
  args: list(string, { field: 4, listType: "atomic", doc: "Arguments instead of the image's; $(NAME) is replaced by a variable." }),
  workingDir: text({ field: 5, doc: "Directory to run in; the image's when empty." }),
  ports: list(containerPort, {
    field: 6,
    listType: "map",
    mapKeys: ["containerPort", "protocol"],
    patchStrategy: "merge",
    mergeKey: "containerPort",
    doc: "Ports on which the container serves; a port that is not listed can be reached all the same.",
  }),
  envFrom: list(envFromSource, {
    field: 19,
    listType: "atomic",
    doc: "ConfigMaps and Secrets whose entries become variables; later ones win, env wins over all.",
  }),
  env: list(envVar, {
    field: 7,
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge",
    mergeKey: "name",
    doc: "Environment variables.",
  }),
  resources: struct(resourceRequirements, { field: 8, default: {}, doc: "Compute resources that the container needs." }),
  resizePolicy: list(containerResizePolicy, {
    field: 23,
    listType: "atomic",
    doc: "For each resource, whether a change of it restarts the container.",
  }),
  restartPolicy: text({
    field: 24,
    presence: "pointer",
    enum: ["Always", "Never", "OnFailure"],
    doc: "Restart policy of this container instead of the Pod's; Always makes an init container a sidecar.",
  }),
  restartPolicyRules: list(containerRestartRule, {
    field: 25,
    listType: "atomic",
    doc: "Rules by exit code that are tried before restartPolicy when the container ends.",
  }),
  volumeMounts: list(volumeMount, {
    field: 9,
    listType: "map",
    mapKeys: ["mountPath"],
    patchStrategy: "merge",
    mergeKey: "mountPath",
    doc: "Volumes to mount.",
  }),
  volumeDevices: list(volumeDevice, {
    field: 21,
    listType: "map",
    mapKeys: ["devicePath"],
    patchStrategy: "merge",
    mergeKey: "devicePath",
    doc: "Volumes to hand in as block devices.",
  }),
  livenessProbe: struct(probe, { field: 10, presence: "pointer", doc: "Restarts the container when it fails." }),
  readinessProbe: struct(probe, { field: 11, presence: "pointer", doc: "Takes the Pod out of its Services while it fails." }),
  startupProbe: struct(probe, { field: 22, presence: "pointer", doc: "Holds back the other probes until it has succeeded once." }),
  lifecycle: struct(lifecycle, { field: 12, presence: "pointer", doc: "What to do at the start and end of the container." }),
  terminationMessagePath: text({
    field: 13,
    default: "/dev/termination-log",
    doc: "File in which the container may leave a last message.",
  }),
  terminationMessagePolicy: text({
    field: 20,
    enum: ["FallbackToLogsOnError", "File"],
    default: "File",
    doc: "Whether the message comes from the file only, or from the end of the log of a failed container as well.",
  }),
  imagePullPolicy: text({
    field: 14,
    enum: ["Always", "IfNotPresent", "Never"],
    doc: "When to pull the image: Always for the tag latest, IfNotPresent otherwise, unless set.",
  }),
  securityContext: struct(securityContext, { field: 15, presence: "pointer", doc: "Security settings of the container." }),
  stdin: flag({ field: 16, doc: "Keep a buffer for standard input." }),
  stdinOnce: flag({ field: 17, doc: "Close standard input after the first client that attached has left." }),
  tty: flag({ field: 18, doc: "Give the container a terminal; needs stdin." }),
});
