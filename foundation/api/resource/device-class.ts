import {
  defineKind,
  embedded,
  type FieldError,
  invalid,
  isQualifiedName,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import { deviceSelector, type DeviceSelector, type DeviceConfiguration, deviceConfiguration } from "./device-configuration.ts";
import { ageColumn, nameColumn } from "../columns.ts";
import { validateConfiguration, validateSelectors } from "./device-configuration-rules.ts";
import { validateItems } from "./device-names.ts";

/** A kind of devices that claims can ask for by name. */
export interface DeviceClass extends KubernetesObject {
  readonly spec: DeviceClassSpec;
}

/** Which devices a class has, and what their drivers are told. */
export interface DeviceClassSpec {
  readonly selectors?: readonly DeviceSelector[];
  readonly config?: readonly DeviceClassConfiguration[];
  readonly extendedResourceName?: string;
}

/** What the drivers of a class's devices are told. */
export interface DeviceClassConfiguration extends DeviceConfiguration {}

const deviceClassConfiguration: Schema<DeviceClassConfiguration> = object<DeviceClassConfiguration>(
  "io.k8s.api.resource.v1.DeviceClassConfiguration",
  "What the drivers of a class's devices are told.",
  {
    ...embedded(deviceConfiguration, { field: 1 }),
  },
);

const deviceClassSpec: Schema<DeviceClassSpec> = object<DeviceClassSpec>(
  "io.k8s.api.resource.v1.DeviceClassSpec",
  "Which devices a class has, and what their drivers are told.",
  {
    selectors: list(deviceSelector, { field: 1, listType: "atomic", doc: "The conditions on its devices, all of which must hold." }),
    config: list(deviceClassConfiguration, {
      field: 2,
      listType: "atomic",
      doc: "What the drivers of its devices are told; a claim may add to it.",
    }),
    extendedResourceName: text({
      field: 4,
      presence: "pointer",
      doc: "The extended resource by which Pods may ask for its devices without a claim.",
    }),
  },
);

const deviceClass: Schema<DeviceClass> = kindObject<DeviceClass>(
  "io.k8s.api.resource.v1.DeviceClass",
  "A kind of devices that claims can ask for by name.",
  {
    spec: struct(deviceClassSpec, { field: 2, required: true, doc: "Which devices these are, and what their drivers are told." }),
  },
);

export const DeviceClassKind: Kind<DeviceClass> = defineKind<DeviceClass>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "DeviceClass",
  resource: "deviceclasses",
  scope: "Cluster",
  schema: deviceClass,
  columns: [nameColumn, ageColumn],
  strategy: { answersDeleted: true, generation: true, validate: validateDeviceClass },
});

const mostConfigurations = 32;

function validateDeviceClass({ spec }: DeviceClass): readonly FieldError[] {
  const { selectors = [], config = [], extendedResourceName: name } = spec;
  return [
    ...validateSelectors(selectors, "spec.selectors"),
    ...validateItems(config, mostConfigurations, "spec.config", validateConfiguration),
    ...(name === undefined || isExtendedResource(name)
      ? []
      : [invalid("spec.extendedResourceName", name, "must be a valid extended resource name")]),
  ];
}

/** A resource with a domain that isn't Kubernetes' own, which a quota could name as well. */
function isExtendedResource(name: string): boolean {
  if (!name.includes("/") || name.includes("kubernetes.io/") || name.startsWith("requests.")) return false;
  return isQualifiedName(`requests.${name}`).length === 0;
}
