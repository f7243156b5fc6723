import {
  compareQuantities,
  type FieldError,
  forbidden,
  invalid,
  isDnsSubdomain,
  required,
  tooLong,
  validateAnnotations,
  validateLabels,
} from "@kubets/machinery";
import { validatePersistentVolumeClaimSpec } from "../../shared/validate-persistent-volume-claim-spec.ts";
import type { CSIVolumeSource, EphemeralVolumeSource } from "../volumes/claims.ts";
import type { EmptyDirVolumeSource, GitRepoVolumeSource, HostPathVolumeSource } from "../volumes/node-local.ts";
import type { VolumeSource } from "../volumes/volume.ts";
import { validateConfigMap, validateDownwardAPI, validateSecret } from "./configuration-volumes.ts";
import { networkValidators } from "./network-volumes.ts";
import { validateNoBacksteps, validateRelativePath } from "./paths.ts";
import { validateProjected } from "./projected-volume.ts";

export type Sources = Required<VolumeSource>;

/** Besides what their schema says, and in the order in which several sources of one volume count. */
export type SourceValidators = {
  readonly [Name in keyof Sources]: (source: Sources[Name], field: string) => readonly FieldError[];
};

const nothing = (): readonly FieldError[] => [];

export const sourceValidators: SourceValidators = {
  emptyDir: validateEmptyDir,
  hostPath: validateHostPath,
  gitRepo: validateGitRepo,
  secret: validateSecret,
  configMap: validateConfigMap,
  downwardAPI: validateDownwardAPI,
  projected: validateProjected,
  persistentVolumeClaim: nothing,
  ephemeral: validateEphemeral,
  csi: validateCsi,
  image: nothing,
  glusterfs: nothing,
  rbd: nothing,
  cephfs: nothing,
  azureFile: nothing,
  vsphereVolume: nothing,
  photonPersistentDisk: nothing,
  portworxVolume: nothing,
  ...networkValidators,
};

function validateEmptyDir({ sizeLimit }: EmptyDirVolumeSource, field: string): readonly FieldError[] {
  if (sizeLimit === undefined || compareQuantities(sizeLimit, "0") >= 0) return [];
  return [forbidden(`${field}.sizeLimit`, "SizeLimit field must be a valid resource quantity")];
}

function validateHostPath({ path }: HostPathVolumeSource, field: string): readonly FieldError[] {
  return validateNoBacksteps(path, `${field}.path`);
}

function validateGitRepo({ directory = "" }: GitRepoVolumeSource, field: string): readonly FieldError[] {
  return validateRelativePath(directory, `${field}.directory`);
}

/** Of a claim's metadata only labels and annotations are taken over. */
function validateEphemeral({ volumeClaimTemplate: template }: EphemeralVolumeSource, field: string): readonly FieldError[] {
  if (template === undefined) return [required(`${field}.volumeClaimTemplate`)];
  const at = `${field}.volumeClaimTemplate`;
  const { labels, annotations, ...rest } = template.metadata;
  return [
    ...validateAnnotations(annotations, `${at}.metadata.annotations`),
    ...validateLabels(labels, `${at}.metadata.labels`),
    ...Object.entries(rest)
      .filter(([, value]) => value !== undefined)
      .map(([name]) => forbidden(`${at}.metadata.${name}`, "cannot be set")),
    ...validatePersistentVolumeClaimSpec(template.spec, `${at}.spec`),
  ];
}

const longestDriver = 63;

function validateCsi({ driver, nodePublishSecretRef }: CSIVolumeSource, field: string): readonly FieldError[] {
  const secret = nodePublishSecretRef?.name;
  return [
    ...(driver.length > longestDriver ? [tooLong(`${field}.driver`, longestDriver)] : []),
    ...(driver === "" ? [] : isDnsSubdomain(driver.toLowerCase()).map((problem) => invalid(`${field}.driver`, driver, problem))),
    ...(secret === "" ? [required(`${field}.nodePublishSecretRef.name`)] : []),
    ...(secret === undefined || secret === "" ? [] : isDnsSubdomain(secret).map((problem) => invalid(`${field}.name`, secret, problem))),
  ];
}
