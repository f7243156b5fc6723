import { type defaulted, field, integer, jsonObject, object, type Schema, struct, text, time, type Time } from "@kubets/machinery";

/** What the driver of devices is told. */
export interface DeviceConfiguration {
  readonly opaque?: OpaqueDeviceConfiguration;
}

/** What a driver is told, which only it understands. */
export interface OpaqueDeviceConfiguration {
  readonly driver: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A condition on a device. */
export interface DeviceSelector {
  readonly cel?: CELDeviceSelector;
}

/** A condition on a device, in CEL. */
export interface CELDeviceSelector {
  readonly expression: string;
}

/** Keeps a device from claims that don't tolerate it. */
export interface DeviceTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: "NoExecute" | "NoSchedule" | "None";
  readonly timeAdded?: Time;
}

/** Lets a claim have devices with certain taints. */
export interface DeviceToleration {
  readonly [defaulted]?: "operator";
  readonly key?: string;
  readonly operator: "Equal" | "Exists";
  readonly value?: string;
  readonly effect?: "NoExecute" | "NoSchedule" | "None";
  readonly tolerationSeconds?: number;
}

export const deviceToleration: Schema<DeviceToleration> = object<DeviceToleration>(
  "io.k8s.api.resource.v1.DeviceToleration",
  "Lets a claim have devices with certain taints.",
  {
    key: text({ field: 1, doc: "The taints' key; any where none is given, with the operator Exists." }),
    operator: text({
      field: 2,
      default: "Equal",
      enum: ["Equal", "Exists"],
      doc: "How the value is compared: Equal, or Exists for any value.",
    }),
    value: text({ field: 3, doc: "The taints' value; none with the operator Exists." }),
    effect: text({ field: 4, enum: ["NoExecute", "NoSchedule", "None"], doc: "The taints' effect; any where none is given." }),
    tolerationSeconds: integer({
      field: 5,
      presence: "pointer",
      bits: 64,
      doc: "For NoExecute: how long such a taint is tolerated; for ever where nothing is said.",
    }),
  },
);

export const deviceTaint: Schema<DeviceTaint> = object<DeviceTaint>(
  "io.k8s.api.resource.v1.DeviceTaint",
  "Keeps a device from claims that don't tolerate it.",
  {
    key: text({ field: 1, required: true, doc: "The taint's key, a label's." }),
    value: text({ field: 2, doc: "The taint's value, a label's." }),
    effect: text({
      field: 3,
      required: true,
      enum: ["NoExecute", "NoSchedule", "None"],
      doc: "What it does to those that don't tolerate it: NoSchedule, NoExecute or None.",
    }),
    timeAdded: field(time, { field: 4, presence: "pointer", doc: "When it was added; set by the server where nothing is said." }),
  },
);

const celDeviceSelector: Schema<CELDeviceSelector> = object<CELDeviceSelector>(
  "io.k8s.api.resource.v1.CELDeviceSelector",
  "A condition on a device, in CEL.",
  {
    expression: text({
      field: 1,
      required: true,
      doc: "The expression over `device` (driver, attributes, capacity), which must be true; at most 10 KiB.",
    }),
  },
);

export const deviceSelector: Schema<DeviceSelector> = object<DeviceSelector>(
  "io.k8s.api.resource.v1.DeviceSelector",
  "A condition on a device.",
  {
    cel: struct(celDeviceSelector, { field: 1, presence: "pointer", doc: "The condition, in CEL." }),
  },
);

export const opaqueDeviceConfiguration: Schema<OpaqueDeviceConfiguration> = object<OpaqueDeviceConfiguration>(
  "io.k8s.api.resource.v1.OpaqueDeviceConfiguration",
  "What a driver is told, which only it understands.",
  {
    driver: text({ field: 1, required: true, doc: "The driver." }),
    parameters: field(jsonObject, {
      field: 2,
      required: true,
      doc: "What it is told, an object with apiVersion and kind; at most 10 KiB.",
    }),
  },
);

export const deviceConfiguration: Schema<DeviceConfiguration> = object<DeviceConfiguration>(
  "io.k8s.api.resource.v1.DeviceConfiguration",
  "What the driver of devices is told.",
  {
    opaque: struct(opaqueDeviceConfiguration, { field: 1, presence: "pointer", doc: "What only the driver understands." }),
  },
);
