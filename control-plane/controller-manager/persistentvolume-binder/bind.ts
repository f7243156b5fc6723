import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  reserveVolume,
  volumeAnnotations,
} from "@kubets/api";
import { type Decision, nothing, update } from "@kubets/client";
import { bound } from "./claim-status.ts";

/**
 * The next step towards claim and volume pointing at one another. The volume comes first: of two claims that want it, the server lets one
 * write its name there, and the other is decided anew. The claim follows, and its status when the volume's says that it is bound.
 */
export function bind(volume: PersistentVolume, claim: PersistentVolumeClaim): Decision {
  const reserved = reserveVolume(volume, claim);
  const pointing = pointAt(claim, volume);
  const actions = [
    ...(reserved === volume ? [] : [update(PersistentVolumeKind, reserved)]),
    ...(pointing === claim ? [] : [update(PersistentVolumeClaimKind, pointing)]),
  ];
  if (actions.length > 0) return { actions };
  return volume.status.phase === "Bound" ? { actions: bound(claim, volume) } : nothing;
}

/** The claim, naming the volume. The same object when it does already. */
function pointAt(claim: PersistentVolumeClaim, { metadata: { name } }: PersistentVolume): PersistentVolumeClaim {
  const { metadata, spec } = claim;
  const { annotations = {} } = metadata;
  const { bindCompleted, boundByController } = volumeAnnotations;
  const isNamed = spec.volumeName === name;
  if (isNamed && annotations[bindCompleted] !== undefined) return claim;
  return {
    ...claim,
    metadata: { ...metadata, annotations: { ...annotations, ...(isNamed ? {} : { [boundByController]: "yes" }), [bindCompleted]: "yes" } },
    spec: { ...spec, volumeName: name },
  };
}
