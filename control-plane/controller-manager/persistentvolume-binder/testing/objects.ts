import {
  type PersistentVolume,
  PersistentVolumeClaimKind,
  type PersistentVolumeClaim,
  PersistentVolumeKind,
  type StorageClass,
  StorageClassKind,
} from "@kubets/api";
import { anObject } from "../../testing/objects.ts";

// Claims, volumes and classes as a cache has them, for tests that name only the facts that matter.

export interface ClaimFacts {
  readonly size?: string;
  readonly modes?: readonly string[];
  /** `null`: nothing is said of a class. */
  readonly className?: string | null;
  readonly volumeName?: string;
  readonly volumeMode?: string;
  readonly selector?: object;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly status?: object;
  readonly uid?: string;
}

export function aClaim(name: string, facts: ClaimFacts = {}): PersistentVolumeClaim {
  const { size = "1Gi", modes = ["ReadWriteOnce"], className = "fast", annotations, status, uid = name, ...spec } = facts;
  return anObject(PersistentVolumeClaimKind, name, {
    metadata: { uid, ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      accessModes: modes,
      resources: { requests: { storage: size } },
      ...(className === null ? {} : { storageClassName: className }),
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  });
}

export interface VolumeFacts {
  readonly size?: string;
  readonly modes?: readonly string[];
  readonly className?: string;
  readonly phase?: PersistentVolume["status"]["phase"];
  readonly policy?: PersistentVolume["spec"]["persistentVolumeReclaimPolicy"];
  readonly volumeMode?: string;
  /** A claim's name, and its uid where it is known. */
  readonly claimRef?: { readonly name: string; readonly uid?: string };
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deleting?: boolean;
}

export function aVolume(name: string, facts: VolumeFacts = {}): PersistentVolume {
  const {
    size = "1Gi",
    modes = ["ReadWriteOnce"],
    className = "fast",
    phase = "Available",
    policy = "Retain",
    claimRef,
    labels,
    annotations,
  } = facts;
  return anObject(PersistentVolumeKind, name, {
    metadata: {
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(facts.deleting === true ? { deletionTimestamp: "2027-01-15T07:59:00Z" } : {}),
    },
    spec: {
      capacity: { storage: size },
      accessModes: modes,
      storageClassName: className,
      persistentVolumeReclaimPolicy: policy,
      hostPath: { path: `/volumes/${name}` },
      ...(facts.volumeMode === undefined ? {} : { volumeMode: facts.volumeMode }),
      ...(claimRef === undefined
        ? {}
        : { claimRef: { kind: "PersistentVolumeClaim", apiVersion: "v1", namespace: "default", ...claimRef } }),
    },
    status: { phase },
  });
}

export function aClass(name: string, body: Readonly<Record<string, unknown>> = {}): StorageClass {
  return anObject(StorageClassKind, name, { provisioner: "example.com/disks", ...body });
}
