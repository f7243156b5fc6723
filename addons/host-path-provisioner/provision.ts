import {
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  PersistentVolumeKind,
  type StorageClass,
  volumeAnnotations,
} from "@kubets/api";
import { type Action, create, type Decision, event, nothing } from "@kubets/client";
import { provisionerName } from "./storage-class.ts";
import { volumeFor, volumeNameFor } from "./volume-of-claim.ts";

export interface ObservedClaim {
  readonly of: "claim";
  readonly claim: PersistentVolumeClaim;
  readonly storageClass: StorageClass | undefined;
  /** The volume that was made for the claim. */
  readonly made: PersistentVolume | undefined;
  /** Where the volume is to be made: one of the nodes that are served here, and where a directory of it would lie. */
  readonly place: { readonly node: Node; readonly path: string } | undefined;
}

/** Makes a volume for a claim that asks this provisioner for one, on the node that its first consumer goes to. */
export function reconcileClaim({ claim, storageClass, made, place }: ObservedClaim): Decision {
  if (!asks(claim) || made !== undefined || storageClass?.provisioner !== provisionerName || place === undefined) return nothing;
  const className = storageClass.metadata.name;
  const obstacle = unsupported(claim);
  if (obstacle !== undefined) return { actions: [provisioningFailed(claim, className, obstacle)] };
  const name = volumeNameFor(claim);
  const key = `${claim.metadata.namespace}/${claim.metadata.name}`;
  return {
    actions: [
      event(claim, "Normal", "Provisioning", `External provisioner is provisioning volume for claim "${key}"`),
      { verb: "outside", deed: "make", subject: name },
      create(PersistentVolumeKind, volumeFor(claim, { storageClass, ...place })),
      event(claim, "Normal", "ProvisioningSucceeded", `Successfully provisioned volume ${name}`),
    ],
  };
}

/** Whether the binder asked this provisioner for a volume, and none is there yet. */
export function asks({ metadata, spec }: PersistentVolumeClaim): boolean {
  const { annotations = {}, deletionTimestamp } = metadata;
  return (
    deletionTimestamp === undefined &&
    (spec.volumeName ?? "") === "" &&
    annotations[volumeAnnotations.storageProvisioner] === provisionerName
  );
}

/** What no directory can be. */
function unsupported({ spec }: PersistentVolumeClaim): string | undefined {
  if (spec.volumeMode === "Block") return "block volumes are not supported by this provisioner";
  if (spec.selector !== undefined) return "claim Selector is not supported";
  return spec.dataSource === undefined && spec.dataSourceRef === undefined
    ? undefined
    : "volumes from a data source are not supported by this provisioner";
}

export function provisioningFailed(claim: PersistentVolumeClaim, className: string, why: string): Action {
  return event(claim, "Warning", "ProvisioningFailed", `failed to provision volume with StorageClass "${className}": ${why}`);
}
