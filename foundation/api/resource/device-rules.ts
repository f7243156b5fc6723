import { byteLength, type FieldError, forbidden, invalid, isDnsSubdomain, required, tooLong } from "@kubets/machinery";
import { validateNodeSelector } from "../core/shared/validate-node-selector.ts";
import { validateCounters } from "./counter-rules.ts";
import { validateTaint } from "./device-configuration-rules.ts";
import { validateItems, validateLabelName, validateQualifiedName, validateSet } from "./device-names.ts";
import type { Device, DeviceAttribute, DeviceCapacity } from "./device.ts";
import { validateRequestPolicy } from "./request-policy-rules.ts";
import { validateBindingConditions } from "./resource-claim-rules.ts";

const mostFacts = 32;
const mostTaints = 16;
const mostConsumptions = 2;

export function validateDevice(device: Device, path: string, choosesNodes: boolean): readonly FieldError[] {
  const { attributes = {}, capacity = {}, taints = [], consumesCounters = [] } = device;
  const facts = Object.keys(attributes).length + Object.keys(capacity).length;
  return [
    ...validateLabelName(device.name, `${path}.name`),
    ...(facts > mostFacts ? [invalid(path, facts, `the total number of attributes and capacities must not exceed ${mostFacts}`)] : []),
    ...validateNamed(attributes, `${path}.attributes`, validateAttribute),
    ...validateNamed(capacity, `${path}.capacity`, (each, at) => validateCapacity(each, at, device.allowMultipleAllocations === true)),
    ...validateItems(taints, mostTaints, `${path}.taints`, validateTaint),
    ...validateSet(
      consumesCounters,
      mostConsumptions,
      `${path}.consumesCounters`,
      ({ counterSet, counters }, at) => [
        ...validateLabelName(counterSet, `${at}.counterSet`),
        ...validateCounters(counters, `${at}.counters`),
      ],
      ({ counterSet }) => counterSet,
    ),
    ...(choosesNodes ? validateOwnPlace(device, path) : validateNoPlace(device, path)),
    ...validateBindingConditions(device, path),
  ];
}

function validateNamed<Value>(
  values: Readonly<Record<string, Value>>,
  path: string,
  validate: (value: Value, path: string) => readonly FieldError[],
): readonly FieldError[] {
  return Object.entries(values).flatMap(([name, value]) => [
    ...validateQualifiedName(name, `${path}[${name}]`),
    ...validate(value, `${path}[${name}]`),
  ]);
}

const longestValue = 64;
const semanticVersion =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;

function validateAttribute(attribute: DeviceAttribute, path: string): readonly FieldError[] {
  const given = Object.values(attribute).filter((value) => value !== undefined);
  const { string, version } = attribute;
  return [
    ...(string === undefined ? [] : validateLength(string, `${path}.string`)),
    ...(version === undefined || semanticVersion.test(version)
      ? []
      : [invalid(`${path}.version`, version, "must be a string compatible with semver.org spec 2.0.0")]),
    ...(version === undefined ? [] : validateLength(version, `${path}.version`)),
    ...(given.length === 1 ? [] : [invalid(path, given.length === 0 ? "" : attribute, "exactly one value must be specified")]),
  ];
}

function validateLength(value: string, path: string): readonly FieldError[] {
  return byteLength(value) > longestValue ? [tooLong(path, longestValue)] : [];
}

/** Only what is given several times is given in parts. */
function validateCapacity({ value, requestPolicy }: DeviceCapacity, path: string, isShared: boolean): readonly FieldError[] {
  if (requestPolicy === undefined) return [];
  if (!isShared) return [forbidden(`${path}.requestPolicy`, "allowMultipleAllocations must be true")];
  return validateRequestPolicy(value, requestPolicy, `${path}.requestPolicy`);
}

const places = ["nodeName", "nodeSelector", "allNodes"] as const;
const perDevice = "`perDeviceNodeSelection` is set to true in the ResourceSlice spec";

function validateNoPlace(device: Device, path: string): readonly FieldError[] {
  if (places.every((place) => device[place] === undefined)) return [];
  return [invalid(path, undefined, `\`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if ${perDevice}`)];
}

function validateOwnPlace(device: Device, path: string): readonly FieldError[] {
  const { nodeName, nodeSelector, allNodes } = device;
  const given = places.filter((place) => device[place] !== undefined && device[place] !== "" && device[place] !== false);
  const exactlyOne = `exactly one of \`nodeName\`, \`nodeSelector\`, or \`allNodes\` is required when ${perDevice}`;
  return [
    ...(nodeName === "" ? [invalid(`${path}.nodeName`, nodeName, "must not be empty")] : []),
    ...(nodeName === undefined || nodeName === ""
      ? []
      : isDnsSubdomain(nodeName).map((message) => invalid(`${path}.nodeName`, nodeName, message))),
    ...(nodeSelector === undefined ? [] : validateNodeSelector(nodeSelector, `${path}.nodeSelector`)),
    ...(allNodes === false ? [invalid(`${path}.allNodes`, allNodes, "must be either unset or set to true")] : []),
    ...(given.length === 0 ? [required(path, exactlyOne)] : []),
    ...(given.length > 1 ? [invalid(path, `{${given.map((place) => `\`${place}\``).join(", ")}}`, exactlyOne)] : []),
  ];
}
