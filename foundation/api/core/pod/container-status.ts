import {
  type defaulted,
  field,
  flag,
  int64,
  integer,
  list,
  map,
  object,
  quantity,
  type Schema,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import { type ResourceList, type ResourceRequirements, resourceRequirements } from "../shared/resource-requirements.ts";
import { type Signal, signals } from "./signal.ts";

export interface ContainerStatus {
  readonly [defaulted]?: "state" | "lastState";
  readonly name: string;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly image: string;
  readonly imageID: string;
  readonly containerID?: string;
  readonly started?: boolean;
  readonly allocatedResources?: ResourceList;
  readonly resources?: ResourceRequirements;
  readonly volumeMounts?: readonly VolumeMountStatus[];
  readonly user?: ContainerUser;
  readonly allocatedResourcesStatus?: readonly ResourceStatus[];
  readonly stopSignal?: Signal;
}

export interface ContainerState {
  readonly waiting?: ContainerStateWaiting;
  readonly running?: ContainerStateRunning;
  readonly terminated?: ContainerStateTerminated;
}

export interface ContainerStateWaiting {
  readonly reason?: string;
  readonly message?: string;
}

export interface ContainerStateRunning {
  readonly startedAt?: Time;
}

export interface ContainerStateTerminated {
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly startedAt?: Time;
  readonly finishedAt?: Time;
  readonly containerID?: string;
}

export interface VolumeMountStatus {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly recursiveReadOnly?: "Disabled" | "Enabled" | "IfPossible";
  readonly volumeStatus?: VolumeStatus;
}

export interface VolumeStatus {
  readonly image?: ImageVolumeStatus;
}

export interface ImageVolumeStatus {
  readonly imageRef: string;
}

export interface ContainerUser {
  readonly linux?: LinuxContainerUser;
}

export interface LinuxContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly supplementalGroups?: readonly number[];
}

export interface ResourceStatus {
  readonly name: string;
  readonly resources?: readonly ResourceHealth[];
}

export interface ResourceHealth {
  readonly resourceID: string;
  readonly health?: "Healthy" | "Unhealthy" | "Unknown";
  readonly message?: string;
}

export const containerStateWaiting: Schema<ContainerStateWaiting> = object<ContainerStateWaiting>(
  "io.k8s.api.core.v1.ContainerStateWaiting",
  "A container that is not running yet.",
  {
    reason: text({ field: 1, doc: "Why, in one word." }),
    message: text({ field: 2, doc: "Why, in a sentence." }),
  },
);

export const containerStateRunning: Schema<ContainerStateRunning> = object<ContainerStateRunning>(
  "io.k8s.api.core.v1.ContainerStateRunning",
  "A container that is running.",
  {
    startedAt: field(time, { field: 1, doc: "When it was started." }),
  },
);

export const containerStateTerminated: Schema<ContainerStateTerminated> = object<ContainerStateTerminated>(
  "io.k8s.api.core.v1.ContainerStateTerminated",
  "A container that has ended.",
  {
    exitCode: integer({ field: 1, required: true, doc: "Exit code." }),
    signal: integer({ field: 2, doc: "Signal that ended it." }),
    reason: text({ field: 3, doc: "Why, in one word." }),
    message: text({ field: 4, doc: "What it left as its last message, or why it ended." }),
    startedAt: field(time, { field: 5, doc: "When it was started." }),
    finishedAt: field(time, { field: 6, doc: "When it ended." }),
    containerID: text({ field: 7, doc: "ID of the container as TYPE://ID." }),
  },
);

export const containerState: Schema<ContainerState> = object<ContainerState>(
  "io.k8s.api.core.v1.ContainerState",
  "The state of a container. At most one is set; waiting when none is.",
  {
    waiting: struct(containerStateWaiting, { field: 1, presence: "pointer", doc: "It is not running yet." }),
    running: struct(containerStateRunning, { field: 2, presence: "pointer", doc: "It is running." }),
    terminated: struct(containerStateTerminated, { field: 3, presence: "pointer", doc: "It has ended." }),
  },
);

export const imageVolumeStatus: Schema<ImageVolumeStatus> = object<ImageVolumeStatus>(
  "io.k8s.api.core.v1.ImageVolumeStatus",
  "What an image volume was mounted from.",
  {
    imageRef: text({ field: 1, required: true, mayBeEmpty: true, doc: "Digest of the image." }),
  },
);

export const volumeStatus: Schema<VolumeStatus> = object<VolumeStatus>(
  "io.k8s.api.core.v1.VolumeStatus",
  "Facts about a mounted volume that depend on its kind.",
  {
    image: struct(imageVolumeStatus, { field: 1, presence: "pointer", doc: "Of an image volume." }),
  },
);

export const volumeMountStatus: Schema<VolumeMountStatus> = object<VolumeMountStatus>(
  "io.k8s.api.core.v1.VolumeMountStatus",
  "The state of a volume mount.",
  {
    name: text({ field: 1, required: true, mayBeEmpty: true, doc: "Name of the volume." }),
    mountPath: text({ field: 2, required: true, mayBeEmpty: true, doc: "Path in the container." }),
    readOnly: flag({ field: 3, doc: "Whether it is read-only." }),
    recursiveReadOnly: text({
      field: 4,
      presence: "pointer",
      enum: ["Disabled", "Enabled", "IfPossible"],
      doc: "Whether mounts below are read-only too.",
    }),
    volumeStatus: struct(volumeStatus, { field: 5, presence: "pointer", doc: "Facts that depend on the kind of volume." }),
  },
);

export const linuxContainerUser: Schema<LinuxContainerUser> = object<LinuxContainerUser>(
  "io.k8s.api.core.v1.LinuxContainerUser",
  "Numbers of a user on Linux.",
  {
    uid: integer({ field: 1, bits: 64, required: true, doc: "User id." }),
    gid: integer({ field: 2, bits: 64, required: true, doc: "Primary group id." }),
    supplementalGroups: list(int64, { field: 3, listType: "atomic", doc: "Further group ids." }),
  },
);

export const containerUser: Schema<ContainerUser> = object<ContainerUser>(
  "io.k8s.api.core.v1.ContainerUser",
  "User that a first process started as.",
  {
    linux: struct(linuxContainerUser, { field: 1, presence: "pointer", doc: "Its numbers on Linux." }),
  },
);

export const resourceHealth: Schema<ResourceHealth> = object<ResourceHealth>("io.k8s.api.core.v1.ResourceHealth", "Health of one device.", {
  resourceID: text({ field: 1, required: true, mayBeEmpty: true, doc: "ID of the device." }),
  health: text({ field: 2, enum: ["Healthy", "Unhealthy", "Unknown"], doc: "Its health; Unknown when empty." }),
  message: text({ field: 6, presence: "pointer", doc: "Why, in a sentence." }),
});

export const resourceStatus: Schema<ResourceStatus> = object<ResourceStatus>(
  "io.k8s.api.core.v1.ResourceStatus",
  "Health of the devices of one resource.",
  {
    name: text({ field: 1, required: true, mayBeEmpty: true, doc: "The resource, or claim:CLAIM/REQUEST for a claim." }),
    resources: list(resourceHealth, { field: 2, listType: "map", mapKeys: ["resourceID"], doc: "The devices." }),
  },
);

export const containerStatus: Schema<ContainerStatus> = object<ContainerStatus>(
  "io.k8s.api.core.v1.ContainerStatus",
  "What the kubelet observed of one container.",
  {
    name: text({ field: 1, required: true, mayBeEmpty: true, doc: "Name of the container." }),
    state: struct(containerState, { field: 2, default: {}, doc: "State it is in." }),
    lastState: struct(containerState, { field: 3, default: {}, doc: "How it ended before its last restart." }),
    ready: flag({ field: 4, required: true, doc: "Whether its readiness probe, and once its startup probe, has succeeded." }),
    restartCount: integer({ field: 5, required: true, doc: "How often it was restarted, as far as remains of ended containers tell." }),
    image: text({ field: 6, required: true, mayBeEmpty: true, doc: "Image it runs." }),
    imageID: text({ field: 7, required: true, mayBeEmpty: true, doc: "ID of that image." }),
    containerID: text({ field: 8, doc: "ID of the container as TYPE://ID." }),
    started: flag({ field: 9, presence: "pointer", doc: "Whether its startup probe has succeeded; true without one while it runs." }),
    allocatedResources: map(quantity, { field: 10, doc: "Resource requests that the node has set aside for it." }),
    resources: struct(resourceRequirements, { field: 11, presence: "pointer", doc: "Resource requests and limits that are in force." }),
    volumeMounts: list(volumeMountStatus, {
      field: 12,
      listType: "map",
      mapKeys: ["mountPath"],
      patchStrategy: "merge",
      mergeKey: "mountPath",
      doc: "State of its volume mounts.",
    }),
    user: struct(containerUser, { field: 13, presence: "pointer", doc: "User that its first process started as." }),
    allocatedResourcesStatus: list(resourceStatus, {
      field: 14,
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
      doc: "Health of the devices that were given to it.",
    }),
    stopSignal: text({ field: 15, presence: "pointer", enum: signals, doc: "Signal that will stop it." }),
  },
);
