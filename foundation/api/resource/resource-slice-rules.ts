import { type FieldError, invalid, isDnsSubdomain, required } from "@kubets/machinery";
import { validateNodeSelector } from "../core/shared/validate-node-selector.ts";
import { immutable } from "../immutable.ts";
import { validateCounters } from "./counter-rules.ts";
import { validateLabelName, validateDriverName, validatePoolName, validateSet } from "./device-names.ts";
import { validateDevice } from "./device-rules.ts";
import type { ResourcePool, ResourceSlice, ResourceSliceSpec } from "./resource-slice.ts";

const mostDevices = 128;
/** Devices with taints or counters take more room in the scheduler. */
const mostDemandingDevices = 64;
const mostCounterSets = 8;

export function validateResourceSlice({ spec }: ResourceSlice): readonly FieldError[] {
  const { devices = [], sharedCounters = [] } = spec;
  const demanding = devices.some(({ taints = [], consumesCounters = [] }) => taints.length > 0 || consumesCounters.length > 0);
  return [
    ...validateDriverName(spec.driver, "spec.driver"),
    ...validatePool(spec.pool, "spec.pool"),
    ...validatePlace(spec, "spec"),
    ...(sharedCounters.length > 0 && devices.length > 0
      ? [invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed")]
      : []),
    ...validateSet(
      devices,
      demanding ? mostDemandingDevices : mostDevices,
      "spec.devices",
      (device, path) => validateDevice(device, path, spec.perDeviceNodeSelection === true),
      ({ name }) => name,
    ),
    ...validateSet(
      sharedCounters,
      mostCounterSets,
      "spec.sharedCounters",
      ({ name, counters }, path) => [...validateLabelName(name, `${path}.name`), ...validateCounters(counters, `${path}.counters`)],
      ({ name }) => name,
    ),
  ];
}

function validatePool({ name, resourceSliceCount, generation }: ResourcePool, path: string): readonly FieldError[] {
  return [
    ...validatePoolName(name, `${path}.name`),
    ...(resourceSliceCount <= 0 ? [invalid(`${path}.resourceSliceCount`, resourceSliceCount, "must be greater than zero")] : []),
    ...(generation < 0 ? [invalid(`${path}.generation`, generation, "must be greater than or equal to zero")] : []),
  ];
}

const places = ["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"] as const;

function validatePlace(spec: ResourceSliceSpec, path: string): readonly FieldError[] {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection } = spec;
  const given = places.filter((place) => spec[place] !== undefined && spec[place] !== "" && spec[place] !== false);
  const names = places.map((place) => `\`${place}\``).join(", ");
  return [
    ...(nodeName === "" ? [invalid(`${path}.nodeName`, nodeName, "must be either unset or set to a non-empty string")] : []),
    ...(nodeName === undefined || nodeName === ""
      ? []
      : isDnsSubdomain(nodeName).map((message) => invalid(`${path}.nodeName`, nodeName, message))),
    ...(nodeSelector === undefined ? [] : validateNodeSelector(nodeSelector, `${path}.nodeSelector`)),
    ...(nodeSelector !== undefined && nodeSelector.nodeSelectorTerms.length !== 1
      ? [invalid(`${path}.nodeSelector.nodeSelectorTerms`, nodeSelector.nodeSelectorTerms, "must have exactly one node selector term")]
      : []),
    ...(allNodes === false ? [invalid(`${path}.allNodes`, allNodes, "must be either unset or set to true")] : []),
    ...(perDeviceNodeSelection === false
      ? [invalid(`${path}.perDeviceNodeSelection`, perDeviceNodeSelection, "must be either unset or set to true")]
      : []),
    ...(given.length === 0 ? [required(path, `exactly one of ${names} is required`)] : []),
    ...(given.length > 1
      ? [
          invalid(
            path,
            `{${given.map((place) => `\`${place}\``).join(", ")}}`,
            `exactly one of ${names} is required, but multiple fields are set`,
          ),
        ]
      : []),
  ];
}

/** A slice goes on telling of the same pool of the same driver, on the same node. */
export function validateResourceSliceUpdate({ spec }: ResourceSlice, { spec: before }: ResourceSlice): readonly FieldError[] {
  return [
    ...immutable("spec.pool.name", spec.pool.name, before.pool.name),
    ...immutable("spec.driver", spec.driver, before.driver),
    ...immutable("spec.nodeName", spec.nodeName, before.nodeName),
  ];
}
