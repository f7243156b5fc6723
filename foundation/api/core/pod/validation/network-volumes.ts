import { type FieldError, invalid, notSupported, required } from "@kubets/machinery";
import type { AzureDiskVolumeSource, CinderVolumeSource } from "../volumes/cloud.ts";
import type {
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  QuobyteVolumeSource,
  ScaleIOVolumeSource,
  StorageOSVolumeSource,
} from "../volumes/network.ts";
import type { VolumeSource } from "../volumes/volume.ts";
import { validateDnsLabel } from "./formats.ts";
import { validateRange } from "./ranges.ts";

type Validators<Name extends keyof VolumeSource> = {
  readonly [Each in Name]: (source: NonNullable<VolumeSource[Each]>, field: string) => readonly FieldError[];
};

/** The sources that are disks and file systems reached over a network, as far as they have rules besides their schema. */
export const networkValidators: Validators<
  | "awsElasticBlockStore"
  | "azureDisk"
  | "cinder"
  | "fc"
  | "flexVolume"
  | "flocker"
  | "gcePersistentDisk"
  | "iscsi"
  | "nfs"
  | "quobyte"
  | "scaleIO"
  | "storageos"
> = {
  awsElasticBlockStore: validatePartition,
  gcePersistentDisk: validatePartition,
  azureDisk: validateAzureDisk,
  cinder: validateCinder,
  nfs: validateNfs,
  iscsi: validateIscsi,
  fc: validateFc,
  flexVolume: validateFlexVolume,
  flocker: validateFlocker,
  quobyte: validateQuobyte,
  scaleIO: validateScaleIO,
  storageos: validateStorageOS,
};

function validatePartition({ partition = 0 }: { readonly partition?: number }, field: string): readonly FieldError[] {
  if (partition >= 0 && partition <= 255) return [];
  return [invalid(`${field}.partition`, partition, "must be between 1 and 255, inclusive")];
}

function validateAzureDisk({ kind, diskURI }: AzureDiskVolumeSource, field: string): readonly FieldError[] {
  const managed = kind === "Managed";
  if (diskURI === "" || diskURI.startsWith(managed ? "/subscriptions/" : "https://")) return [];
  const form = managed
    ? "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
    : "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";
  return [notSupported(`${field}.diskURI`, diskURI, [form])];
}

function validateCinder({ secretRef }: CinderVolumeSource, field: string): readonly FieldError[] {
  return validateSecretName(secretRef?.name, field);
}

function validateSecretName(name: string | undefined, field: string): readonly FieldError[] {
  return name === "" ? [required(`${field}.secretRef.name`)] : [];
}

function validateNfs({ path }: NFSVolumeSource, field: string): readonly FieldError[] {
  return path.startsWith("/") ? [] : [invalid(`${field}.path`, path, "must be an absolute path")];
}

function validateIscsi(source: ISCSIVolumeSource, field: string): readonly FieldError[] {
  const { iqn, lun, initiatorName, secretRef } = source;
  const needsSecret = source.chapAuthDiscovery === true || source.chapAuthSession === true;
  return [
    ...(iqn === "" ? [] : validateQualifiedIscsiName(iqn, `${field}.iqn`)),
    ...validateRange(lun, `${field}.lun`, 0, 255),
    ...(needsSecret && secretRef === undefined ? [required(`${field}.secretRef`)] : []),
    ...(initiatorName === undefined ? [] : validateQualifiedIscsiName(initiatorName, `${field}.initiatorname`)),
  ];
}

const iscsiNames = [/^iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+$/, /^eui.[A-Za-z0-9]{16}$/, /^naa.[A-Za-z0-9]{32}$/];

function validateQualifiedIscsiName(name: string, field: string): readonly FieldError[] {
  if (!/^(?:iqn|eui|naa)/.test(name)) return [invalid(field, name, "must be valid format starting with iqn, eui, or naa")];
  return iscsiNames.some((form) => form.test(name)) ? [] : [invalid(field, name, "must be valid format")];
}

function validateFc({ targetWWNs = [], wwids = [], lun }: FCVolumeSource, field: string): readonly FieldError[] {
  const at = `${field}.targetWWNs`;
  return [
    ...(targetWWNs.length + wwids.length === 0 ? [required(at, "must specify either targetWWNs or wwids, but not both")] : []),
    ...(targetWWNs.length > 0 && wwids.length > 0
      ? [invalid(at, targetWWNs, "targetWWNs and wwids can not be specified simultaneously")]
      : []),
    ...(targetWWNs.length > 0 && lun === undefined ? [required(`${field}.lun`, "lun is required if targetWWNs is specified")] : []),
    ...(targetWWNs.length > 0 ? validateRange(lun, `${field}.lun`, 0, 255) : []),
  ];
}

function validateFlexVolume({ options = {} }: FlexVolumeSource, field: string): readonly FieldError[] {
  return Object.keys(options)
    .filter((key) => /(?:^|\.)(?:kubernetes|k8s)\.io$/i.test(key.includes("/") ? key.slice(0, key.indexOf("/")) : key))
    .map((key) => invalid(`${field}.options[${key}]`, key, "kubernetes.io and k8s.io namespaces are reserved"));
}

function validateFlocker({ datasetName = "", datasetUUID = "" }: FlockerVolumeSource, field: string): readonly FieldError[] {
  return [
    ...(datasetName === "" && datasetUUID === "" ? [required(field, "one of datasetName and datasetUUID is required")] : []),
    ...(datasetName !== "" && datasetUUID !== ""
      ? [invalid(field, "resource", "datasetName and datasetUUID can not be specified simultaneously")]
      : []),
    ...(datasetName.includes("/") ? [invalid(`${field}.datasetName`, datasetName, "must not contain '/'")] : []),
  ];
}

function validateQuobyte({ registry, tenant = "" }: QuobyteVolumeSource, field: string): readonly FieldError[] {
  if (registry === "") return [];
  if (tenant.length >= 65) {
    return [required(`${field}.tenant`, "must be a UUID and may not exceed a length of 64 characters")];
  }
  const detail = "must be a host:port pair or multiple pairs separated by commas";
  return registry
    .split(",")
    .filter((pair) => !/^(?:[^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/.test(pair))
    .map(() => invalid(`${field}.registry`, registry, detail));
}

function validateScaleIO({ volumeName = "" }: ScaleIOVolumeSource, field: string): readonly FieldError[] {
  return volumeName === "" ? [required(`${field}.volumeName`)] : [];
}

function validateStorageOS(
  { volumeName = "", volumeNamespace = "", secretRef }: StorageOSVolumeSource,
  field: string,
): readonly FieldError[] {
  return [
    ...(volumeName === "" ? [required(`${field}.volumeName`)] : validateDnsLabel(volumeName, `${field}.volumeName`)),
    ...(volumeNamespace === "" ? [] : validateDnsLabel(volumeNamespace, `${field}.volumeNamespace`)),
    ...validateSecretName(secretRef?.name, field),
  ];
}
