import { type FieldError, forbidden, invalid, notFoundValue, repeatedPlaces } from "@kubets/machinery";
import type { Container, VolumeMount } from "../container.ts";
import { hasBacksteps, validateRelativePath } from "./paths.ts";
import type { VolumesByName } from "./volumes.ts";

export function validateVolumeMounts(container: Container, field: string, volumes: VolumesByName): readonly FieldError[] {
  const devices = container.volumeDevices ?? [];
  const mounts = container.volumeMounts ?? [];
  const repeated = repeatedPlaces(mounts, ({ mountPath }) => mountPath);
  const deviceNames = new Set(devices.map(({ name }) => name));
  const devicePaths = new Set(devices.map(({ devicePath }) => devicePath));
  return mounts.flatMap((mount, index) => {
    const at = `${field}[${index}]`;
    const { name, mountPath } = mount;
    return [
      ...(volumes.has(name) ? [] : [notFoundValue(`${at}.name`, name)]),
      ...(repeated.has(index) ? [invalid(`${at}.mountPath`, mountPath, "must be unique")] : []),
      ...(deviceNames.has(name) ? [invalid(`${at}.name`, name, "must not already exist in volumeDevices")] : []),
      ...(devicePaths.has(mountPath) ? [invalid(`${at}.mountPath`, mountPath, "must not already exist as a path in volumeDevices")] : []),
      ...validateSubPaths(mount, at, field),
      ...validatePropagation(mount, field, container),
    ];
  });
}

function validateSubPaths({ subPath = "", subPathExpr = "" }: VolumeMount, at: string, field: string): readonly FieldError[] {
  return [
    ...validateRelativePath(subPath, `${field}.subPath`),
    ...(subPath !== "" && subPathExpr !== ""
      ? [invalid(`${at}.subPathExpr`, subPathExpr, "subPathExpr and subPath are mutually exclusive")]
      : []),
    ...validateRelativePath(subPathExpr, `${field}.subPathExpr`),
  ];
}

function validatePropagation(mount: VolumeMount, field: string, { securityContext }: Container): readonly FieldError[] {
  const { mountPropagation, recursiveReadOnly, readOnly } = mount;
  const recursive = recursiveReadOnly === "Enabled" || recursiveReadOnly === "IfPossible";
  const at = `${field}.recursiveReadOnly`;
  return [
    ...(mountPropagation === "Bidirectional" && securityContext?.privileged !== true
      ? [forbidden(`${field}.mountPropagation`, "Bidirectional mount propagation is available only to privileged containers")]
      : []),
    ...(recursive && readOnly !== true ? [forbidden(at, "may only be specified when readOnly is true")] : []),
    ...(recursive && mountPropagation !== undefined && mountPropagation !== "None"
      ? [forbidden(at, "may only be specified when mountPropagation is None or not specified")]
      : []),
  ];
}

export function validateVolumeDevices(container: Container, field: string, volumes: VolumesByName): readonly FieldError[] {
  const mounts = container.volumeMounts ?? [];
  const devices = container.volumeDevices ?? [];
  const namesTwice = repeatedPlaces(devices, ({ name }) => name);
  const pathsTwice = repeatedPlaces(devices, ({ devicePath }) => devicePath);
  const mountNames = new Set(mounts.map(({ name }) => name));
  const mountPaths = new Set(mounts.map(({ mountPath }) => mountPath));
  return devices.flatMap(({ name, devicePath }, index) => {
    const at = `${field}[${index}]`;
    return [
      ...validateDeviceVolume(name, `${at}.name`, volumes),
      ...validateDevicePath(devicePath, `${at}.devicePath`, pathsTwice.has(index)),
      ...(namesTwice.has(index) ? [invalid(`${at}.name`, name, "must be unique")] : []),
      ...(mountNames.has(name) ? [invalid(`${at}.name`, name, "must not already exist in volumeMounts")] : []),
      ...(mountPaths.has(devicePath) ? [invalid(`${at}.devicePath`, devicePath, "must not already exist as a path in volumeMounts")] : []),
    ];
  });
}

function validateDeviceVolume(name: string, field: string, volumes: VolumesByName): readonly FieldError[] {
  const volume = volumes.get(name);
  if (volume === undefined) return [notFoundValue(field, name)];
  if (volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined) return [];
  return [invalid(field, name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")];
}

function validateDevicePath(devicePath: string, field: string, isRepeated: boolean): readonly FieldError[] {
  return [
    ...(isRepeated ? [invalid(field, devicePath, "must be unique")] : []),
    ...(hasBacksteps(devicePath) ? [invalid(field, devicePath, "can not contain backsteps ('..')")] : []),
  ];
}
