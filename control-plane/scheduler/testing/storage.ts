import {
  type CSINode,
  CSINodeKind,
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  type Pod,
  type StorageClass,
  StorageClassKind,
} from "@kubets/api";
import { type Lister, objectKey } from "@kubets/client";
import { apiVersionOf, applyDefaults, type Kind, type KubernetesObject } from "@kubets/machinery";
import type { Plugin } from "../framework.ts";
import { podInfo } from "../pod-info.ts";
import type { Snapshot } from "../snapshot.ts";
import { aSnapshot, type ClusterFacts } from "./objects.ts";

/** Claims, volumes and classes for tests that name only the facts that matter. */

export interface StorageFacts {
  readonly claims?: readonly PersistentVolumeClaim[];
  readonly volumes?: readonly PersistentVolume[];
  readonly classes?: readonly StorageClass[];
  readonly csiNodes?: readonly CSINode[];
}

export function aSnapshotWith(storage: StorageFacts, cluster: ClusterFacts): Snapshot {
  const snapshot = aSnapshot(cluster);
  const { claims = [], volumes = [], classes = [], csiNodes = [] } = storage;
  snapshot.volumes.follow({
    claims: listerOf(claims),
    volumes: listerOf(volumes),
    classes: listerOf(classes),
    csiNodes: listerOf(csiNodes),
  });
  return snapshot;
}

/** What a plugin says of a Pod on each node: `"yes"` or its reasons. A "no" before any node is asked is one line. */
export function saysOf(
  plugin: Plugin,
  pod: Pod,
  nodes: readonly Node[],
  storage: StorageFacts,
  pods: readonly Pod[] = [],
): readonly string[] {
  const snapshot = aSnapshotWith(storage, { nodes, pods });
  const verdict = plugin.preFilter!(podInfo(pod), snapshot);
  if (verdict.kind === "reject") return [verdict.rejection.reasons.map(({ text }) => text).join(", ")];
  return nodes.map(({ metadata }) => {
    const slot = snapshot.slotOf(metadata.name)!;
    if (verdict.kind === "skip" || verdict.filter === undefined || verdict.filter.passes(slot)) return "yes";
    return verdict.filter
      .rejection(slot)
      .reasons.map(({ text }) => text)
      .join(", ");
  });
}

export interface ClaimFacts {
  readonly size?: string;
  readonly modes?: readonly string[];
  readonly className?: string;
  /** The volume that it is bound to. */
  readonly bound?: string;
  readonly selectedNode?: string;
  readonly owner?: string;
  readonly phase?: PersistentVolumeClaim["status"]["phase"];
  readonly deleting?: boolean;
}

export function aClaim(name: string, facts: ClaimFacts = {}): PersistentVolumeClaim {
  const { size = "1Gi", modes = ["ReadWriteOnce"], className = "late", bound, selectedNode, owner, phase, deleting = false } = facts;
  return complete(PersistentVolumeClaimKind, {
    metadata: {
      name,
      namespace: "default",
      uid: name,
      annotations: {
        ...(bound === undefined ? {} : { "pv.kubernetes.io/bind-completed": "yes" }),
        ...(selectedNode === undefined ? {} : { "volume.kubernetes.io/selected-node": selectedNode }),
      },
      ...(owner === undefined
        ? {}
        : { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: owner, uid: `uid-of-${owner}`, controller: true }] }),
      ...(deleting ? { deletionTimestamp: "2026-01-01T12:00:00Z" } : {}),
    },
    spec: {
      accessModes: modes,
      storageClassName: className,
      resources: { requests: { storage: size } },
      ...(bound === undefined ? {} : { volumeName: bound }),
    },
    status: { phase: phase ?? (bound === undefined ? "Pending" : "Bound") },
  });
}

export interface VolumeFacts {
  readonly size?: string;
  readonly className?: string;
  /** The only nodes that reach it, by their label `kubernetes.io/hostname`. */
  readonly on?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly csi?: object;
}

export function aVolume(name: string, { size = "1Gi", className = "late", on, labels, csi }: VolumeFacts = {}): PersistentVolume {
  const matchExpressions = [{ key: "kubernetes.io/hostname", operator: "In", values: on }];
  return complete(PersistentVolumeKind, {
    metadata: { name, uid: name, ...(labels === undefined ? {} : { labels }) },
    spec: {
      capacity: { storage: size },
      accessModes: ["ReadWriteOnce"],
      storageClassName: className,
      ...(csi === undefined ? { hostPath: { path: `/${name}` } } : { csi }),
      ...(on === undefined ? {} : { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } } }),
    },
    status: { phase: "Available" },
  });
}

export function aClass(name: string, body: Readonly<Record<string, unknown>> = {}): StorageClass {
  return complete(StorageClassKind, {
    metadata: { name, uid: name },
    provisioner: "example.com/disks",
    volumeBindingMode: "WaitForFirstConsumer",
    ...body,
  });
}

/** How many volumes of each driver a node takes. */
export function aCSINode(name: string, limits: Readonly<Record<string, number>>): CSINode {
  const drivers = Object.entries(limits).map(([driver, count]) => ({ name: driver, nodeID: name, allocatable: { count } }));
  return complete(CSINodeKind, { metadata: { name, uid: name }, spec: { drivers } });
}

function complete<T extends KubernetesObject>(kind: Kind<T>, body: object): T {
  return applyDefaults(kind.schema, { apiVersion: apiVersionOf(kind), kind: kind.kind, ...body } as unknown as T);
}

function listerOf<T extends KubernetesObject>(objects: readonly T[]): Lister<T> {
  return {
    get: (key) => objects.find((object) => objectKey(object) === key),
    list: () => objects,
    byIndex() {
      throw new Error("No index is asked for");
    },
  };
}
