import {
  type Base64,
  byteLength,
  bytes,
  defineKind,
  type FieldError,
  flag,
  forbidden,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  map,
  sameJson,
  type Schema,
  string,
  tooLong,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { base64Length, immutableWhenSetText, maximumDataSize, validateDataKeys } from "./data.ts";

/** Configuration for Pods to use, as text and bytes under keys. */
export interface ConfigMap extends KubernetesObject {
  readonly immutable?: boolean;
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, Base64>>;
}

const configMap: Schema<ConfigMap> = kindObject<ConfigMap>(
  "io.k8s.api.core.v1.ConfigMap",
  "Configuration for Pods to use, as text and bytes under keys.",
  {
    immutable: flag({ field: 4, presence: "pointer", doc: "If true, data and binaryData can't be changed, nor can this be unset." }),
    data: map(string, { field: 2, doc: "UTF-8 text by key; a key has letters, digits, `-`, `_` and `.` only." }),
    binaryData: map(bytes, { field: 3, doc: "Bytes by key, for what isn't UTF-8; no key may also stand in data." }),
  },
);

export const ConfigMapKind: Kind<ConfigMap> = defineKind<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  resource: "configmaps",
  shortNames: ["cm"],
  scope: "Namespaced",
  schema: configMap,
  columns: [
    nameColumn,
    {
      name: "Data",
      type: "string",
      doc: "How many keys it has.",
      cell: ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
    },
    ageColumn,
  ],
  strategy: { validate: validateConfigMap, validateUpdate: validateConfigMapUpdate },
});

function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): readonly FieldError[] {
  const inBoth = Object.keys(data).filter((key) => Object.hasOwn(binaryData, key));
  const sizes = [...Object.values(data).map(byteLength), ...Object.values(binaryData).map(base64Length)];
  const size = sizes.reduce((total, each) => total + each, 0);
  return [
    ...validateDataKeys(data, "data"),
    ...inBoth.map((key) => invalid(`data[${key}]`, key, "duplicate of key present in binaryData")),
    ...validateDataKeys(binaryData, "binaryData"),
    // The error speaks of the object as a whole.
    ...(size > maximumDataSize ? [tooLong("", maximumDataSize)] : []),
  ];
}

function validateConfigMapUpdate(configMap: ConfigMap, previous: ConfigMap): readonly FieldError[] {
  if (previous.immutable !== true) return [];
  return [
    ...(configMap.immutable === true ? [] : [forbidden("immutable", immutableWhenSetText)]),
    ...(sameJson(configMap.data ?? {}, previous.data ?? {}) ? [] : [forbidden("data", immutableWhenSetText)]),
    ...(sameJson(configMap.binaryData ?? {}, previous.binaryData ?? {}) ? [] : [forbidden("binaryData", immutableWhenSetText)]),
  ];
}
