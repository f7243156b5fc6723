import { type FieldError, forbidden, invalid, notFoundValue } from "@kubets/machinery";
import type { Container, VolumeDevice, VolumeMount } from "../container.ts";
import { hasBacksteps, validateRelativePath } from "./paths.ts";
import type { VolumesByName } from "./volumes.ts";

export function validateVolumeMounts(container: Container, field: string, volumes: VolumesByName): readonly FieldError[] {
  const devices = container.volumeDevices ?? [];
  const mounts = container.volumeMounts ?? [];
  return mounts.flatMap((mount, index) => {
    const at = `${field}[${index}]`;
    const { name, mountPath } = mount;
    const earlier = mounts.slice(0, index);
    return [
      ...(volumes.has(name) ? [] : [notFoundValue(`${at}.name`, name)]),
      ...(earlier.some((other) => other.mountPath === mountPath) ? [invalid(`${at}.mountPath`, mountPath, "must be unique")] : []),
      ...(devices.some((device) => device.name === name) ? [invalid(`${at}.name`, name, "must not already exist in volumeDevices")] : []),
      ...(devices.some((device) => device.devicePath === mountPath)
        ? [invalid(`${at}.mountPath`, mountPath, "must not already exist as a path in volumeDevices")]
        : []),
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
  return devices.flatMap((device, index) => {
    const at = `${field}[${index}]`;
    const { name, devicePath } = device;
    return [
      ...validateDeviceVolume(name, `${at}.name`, volumes),
      ...validateDevicePath(device, `${at}.devicePath`, devices.slice(0, index)),
      ...(devices.slice(0, index).some((other) => other.name === name) ? [invalid(`${at}.name`, name, "must be unique")] : []),
      ...(mounts.some((mount) => mount.name === name) ? [invalid(`${at}.name`, name, "must not already exist in volumeMounts")] : []),
      ...(mounts.some(({ mountPath }) => mountPath === devicePath)
        ? [invalid(`${at}.devicePath`, devicePath, "must not already exist as a path in volumeMounts")]
        : []),
    ];
  });
}

function validateDeviceVolume(name: string, field: string, volumes: VolumesByName): readonly FieldError[] {
  const volume = volumes.get(name);
  if (volume === undefined) return [notFoundValue(field, name)];
  if (volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined) return [];
  return [invalid(field, name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")];
}

function validateDevicePath({ devicePath }: VolumeDevice, field: string, earlier: readonly VolumeDevice[]): readonly FieldError[] {
  return [
    ...(earlier.some((other) => other.devicePath === devicePath) ? [invalid(field, devicePath, "must be unique")] : []),
    ...(hasBacksteps(devicePath) ? [invalid(field, devicePath, "can not contain backsteps ('..')")] : []),
  ];
}
