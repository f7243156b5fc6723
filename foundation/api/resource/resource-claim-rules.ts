import { type FieldError, forbidden, immutableText, invalid, sameJson, tooLong, tooMany } from "@kubets/machinery";
import { validateNodeSelector } from "../core/shared/validate-node-selector.ts";
import { validateInterfaceAddress } from "../ip-address.ts";
import {
  mostConfigurations,
  mostRequests,
  requestNames,
  validateRequestReference,
  validateRequestReferences,
} from "./device-claim-rules.ts";
import { validateConfiguration } from "./device-configuration-rules.ts";
import {
  validateDriverName,
  validateItems,
  validateLabelName,
  validateOpaque,
  validatePoolName,
  validateSet,
  validateShareId,
} from "./device-names.ts";
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceV1ResourceClaim,
} from "./resource-claim.ts";

const mostConsumers = 256;
const mostBindingConditions = 4;

/** A claim is given devices once; who uses them comes and goes, but nobody comes any more when the claim is to be deleted. */
export function validateResourceClaimStatus(claim: ResourceV1ResourceClaim, previous: ResourceV1ResourceClaim): readonly FieldError[] {
  const { allocation, reservedFor = [], devices = [] } = claim.status;
  const before = previous.status;
  const given = new Set((allocation?.devices.results ?? []).map(identityOf));
  return [
    ...validateSet(
      reservedFor,
      mostConsumers,
      "status.reservedFor",
      () => [],
      ({ uid }) => uid,
    ),
    ...validateSet(devices, Infinity, "status.devices", (device, path) => validateDeviceStatus(device, path, given), identityOf),
    ...(reservedFor.length > 0 && allocation === undefined
      ? [forbidden("status.reservedFor", "may not be specified when `allocated` is not set")]
      : []),
    ...(allocation !== undefined &&
    claim.metadata.deletionTimestamp !== undefined &&
    reservedFor.some(({ uid }) => !isReserved(previous, uid))
      ? [forbidden("status.reservedFor", "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set")]
      : []),
    ...validateAllocationChange(claim, allocation, before.allocation),
  ];
}

function isReserved({ status }: ResourceV1ResourceClaim, uid: string): boolean {
  return (status.reservedFor ?? []).some((consumer) => consumer.uid === uid);
}

function identityOf(device: Pick<AllocatedDeviceStatus, "driver" | "pool" | "device" | "shareID">): string {
  const { driver, pool, device: name, shareID } = device;
  return [driver, pool, name, ...(shareID === undefined ? [] : [shareID])].join("/");
}

function validateAllocationChange(
  { spec }: ResourceV1ResourceClaim,
  allocation: AllocationResult | undefined,
  before: AllocationResult | undefined,
): readonly FieldError[] {
  const path = "status.allocation";
  if (allocation === undefined) return [];
  if (before !== undefined) return sameJson(allocation, before) ? [] : [invalid(path, allocation, immutableText)];
  const names = requestNames(spec.devices);
  const { results = [], config = [] } = allocation.devices;
  return [
    ...validateItems(results, mostRequests, `${path}.devices.results`, (result, at) => validateResult(result, at, names)),
    ...validateItems(config, 2 * mostConfigurations, `${path}.devices.config`, (each, at) => [
      ...validateRequestReferences(each.requests ?? [], `${at}.requests`, names),
      ...validateConfiguration(each, at),
    ]),
    ...(allocation.nodeSelector === undefined ? [] : validateNodeSelector(allocation.nodeSelector, `${path}.nodeSelector`)),
  ];
}

function validateResult(result: DeviceRequestAllocationResult, path: string, names: ReadonlySet<string>): readonly FieldError[] {
  return [
    ...(result.request === "" ? [] : validateRequestReference(result.request, `${path}.request`, names)),
    ...validateDriverName(result.driver, `${path}.driver`),
    ...validatePoolName(result.pool, `${path}.pool`),
    ...validateLabelName(result.device, `${path}.device`),
    ...validateBindingConditions(result, path),
    ...(result.shareID === undefined ? [] : validateShareId(result.shareID, `${path}.shareID`)),
  ];
}

/** Conditions for a binding and against it come together: who waits for the one must be able to see the other. */
export function validateBindingConditions(
  {
    bindingConditions: conditions = [],
    bindingFailureConditions: failures = [],
  }: Pick<DeviceRequestAllocationResult, "bindingConditions" | "bindingFailureConditions">,
  path: string,
): readonly FieldError[] {
  const tooManyOf = (list: readonly string[], at: string): readonly FieldError[] =>
    list.length > mostBindingConditions ? [tooMany(at, list.length, mostBindingConditions)] : [];
  return [
    ...tooManyOf(conditions, `${path}.bindingConditions`),
    ...tooManyOf(failures, `${path}.bindingFailureConditions`),
    ...(conditions.length === 0 && failures.length > 0
      ? [invalid(`${path}.bindingConditions`, conditions, "bindingConditions are required to use bindingFailureConditions")]
      : []),
    ...(conditions.length > 0 && failures.length === 0
      ? [invalid(`${path}.bindingFailureConditions`, failures, "bindingFailureConditions are required to use bindingConditions")]
      : []),
  ];
}

const mostConditions = 8;
const mostDataBytes = 10 * 1024;

function validateDeviceStatus(device: AllocatedDeviceStatus, path: string, given: ReadonlySet<string>): readonly FieldError[] {
  const { conditions = [], data, networkData, shareID } = device;
  const identity = identityOf(device);
  return [
    ...validateDriverName(device.driver, `${path}.driver`),
    ...validatePoolName(device.pool, `${path}.pool`),
    ...validateLabelName(device.device, `${path}.device`),
    ...(shareID === undefined ? [] : validateShareId(shareID, `${path}.shareID`)),
    ...(given.has(identity) ? [] : [invalid(path, identity, "must be an allocated device in the claim")]),
    ...(conditions.length > mostConditions ? [tooMany(`${path}.conditions`, conditions.length, mostConditions)] : []),
    ...(data === undefined ? [] : validateOpaque(data, mostDataBytes, `${path}.data`)),
    ...(networkData === undefined ? [] : validateNetworkData(networkData, `${path}.networkData`)),
  ];
}

const longestInterfaceName = 256;
const longestHardwareAddress = 128;
const mostAddresses = 16;

function validateNetworkData(
  { interfaceName = "", hardwareAddress = "", ips = [] }: NetworkDeviceData,
  path: string,
): readonly FieldError[] {
  return [
    ...(interfaceName.length > longestInterfaceName ? [tooLong(`${path}.interfaceName`, longestInterfaceName)] : []),
    ...(hardwareAddress.length > longestHardwareAddress ? [tooLong(`${path}.hardwareAddress`, longestHardwareAddress)] : []),
    ...validateSet(
      ips,
      mostAddresses,
      `${path}.ips`,
      (address, at) => validateInterfaceAddress(address, at),
      (address) => address,
    ),
  ];
}
