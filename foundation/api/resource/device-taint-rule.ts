import {
  condition,
  type Condition,
  type defaulted,
  defineKind,
  type FieldError,
  formatTime,
  type Instant,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  type Schema,
  schemaInVersion,
  struct,
  text,
} from "@kubets/machinery";
import { ageColumn, nameColumn, timeSince } from "../columns.ts";
import { validateTaint } from "./device-configuration-rules.ts";
import { type DeviceTaint, deviceTaint } from "./device-configuration.ts";
import { validateDriverName, validateItems, validateLabelName, validatePoolName } from "./device-names.ts";
import { resourceV1beta2 } from "./v1beta2.ts";

/** Taints devices, whatever their drivers say of them. */
export interface DeviceTaintRule extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: DeviceTaintRuleSpec;
  readonly status: DeviceTaintRuleStatus;
}

/** Which devices are tainted, and how. */
export interface DeviceTaintRuleSpec {
  readonly deviceSelector?: DeviceTaintSelector;
  readonly taint: DeviceTaint;
}

/** Selects devices: all that is said must hold. */
export interface DeviceTaintSelector {
  readonly driver?: string;
  readonly pool?: string;
  readonly device?: string;
}

/** What became of a rule. */
export interface DeviceTaintRuleStatus {
  readonly conditions?: readonly Condition[];
}

const deviceTaintRuleStatus: Schema<DeviceTaintRuleStatus> = object<DeviceTaintRuleStatus>(
  "io.k8s.api.resource.v1beta2.DeviceTaintRuleStatus",
  "What became of a rule.",
  {
    conditions: list(condition, {
      field: 1,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "What there is to know of it, such as EvictionInProgress; at most 8.",
    }),
  },
);

const deviceTaintSelector: Schema<DeviceTaintSelector> = object<DeviceTaintSelector>(
  "io.k8s.api.resource.v1beta2.DeviceTaintSelector",
  "Selects devices: all that is said must hold.",
  {
    driver: text({ field: 2, presence: "pointer", doc: "The devices of this driver." }),
    pool: text({ field: 3, presence: "pointer", doc: "The devices of pools of this name." }),
    device: text({ field: 4, presence: "pointer", doc: "The devices of this name." }),
  },
);

const deviceTaintRuleSpec: Schema<DeviceTaintRuleSpec> = object<DeviceTaintRuleSpec>(
  "io.k8s.api.resource.v1beta2.DeviceTaintRuleSpec",
  "Which devices are tainted, and how.",
  {
    deviceSelector: struct(deviceTaintSelector, {
      field: 1,
      presence: "pointer",
      doc: "The devices: all of them where the selector is empty, none where there is no selector.",
    }),
    taint: struct(schemaInVersion<DeviceTaint>(deviceTaint, resourceV1beta2), { field: 2, required: true, doc: "The taint." }),
  },
);

const deviceTaintRule: Schema<DeviceTaintRule> = kindObject<DeviceTaintRule>(
  "io.k8s.api.resource.v1beta2.DeviceTaintRule",
  "Taints devices, whatever their drivers say of them.",
  {
    spec: struct(deviceTaintRuleSpec, { field: 2, required: true, doc: "Which devices, and how." }),
    status: struct(deviceTaintRuleStatus, { field: 3, default: {}, doc: "What became of it." }),
  },
);

export const DeviceTaintRuleKind: Kind<DeviceTaintRule> = defineKind<DeviceTaintRule>({
  group: "resource.k8s.io",
  version: "v1beta2",
  kind: "DeviceTaintRule",
  resource: "devicetaintrules",
  scope: "Cluster",
  schema: deviceTaintRule,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: "Key", type: "string", doc: "The taint's key.", cell: ({ spec }) => spec.taint.key },
    { name: "Value", type: "string", doc: "The taint's value.", cell: ({ spec }) => spec.taint.value ?? "" },
    { name: "Effect", type: "string", doc: "What it does.", cell: ({ spec }) => spec.taint.effect },
    {
      name: "TimeAdded",
      type: "string",
      doc: "Since when the devices are tainted.",
      cell: ({ spec: { taint } }, now) => (taint.timeAdded === undefined ? "" : timeSince(taint.timeAdded, now)),
    },
    ageColumn,
  ],
  strategy: {
    answersDeleted: true,
    generation: true,
    prepareForCreate: (rule, { now }) => withTime(rule, now),
    prepareForUpdate: (rule, _previous, { now }) => withTime(rule, now),
    validate: validateRule,
    validateStatusUpdate: ({ status }) => validateItems(status.conditions ?? [], mostConditions, "status.conditions", () => []),
  },
});

const mostConditions = 8;

/** Devices are tainted from when the rule says so. */
function withTime(rule: DeviceTaintRule, now: Instant): DeviceTaintRule {
  const { taint } = rule.spec;
  return taint.timeAdded === undefined ? { ...rule, spec: { ...rule.spec, taint: { ...taint, timeAdded: formatTime(now) } } } : rule;
}

function validateRule({ spec: { deviceSelector, taint } }: DeviceTaintRule): readonly FieldError[] {
  const { driver = "", pool = "", device = "" } = deviceSelector ?? {};
  return [
    ...validateDriverName(driver, "spec.deviceSelector.driver"),
    ...validatePoolName(pool, "spec.deviceSelector.pool"),
    ...validateLabelName(device, "spec.deviceSelector.device"),
    ...validateTaint(taint, "spec.taint"),
  ];
}
