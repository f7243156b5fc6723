import {
  type Base64,
  base64OfText,
  bytes,
  type defaulted,
  defineKind,
  type FieldError,
  flag,
  forbidden,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  map,
  required,
  sameJson,
  type Schema,
  string,
  text,
  textOfBase64,
  tooLong,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";
import { base64Length, immutableWhenSetText, maximumDataSize, validateDataKeys } from "./data.ts";

/** Confidential bytes under keys, at most 1 MiB in all. */
export interface Secret extends KubernetesObject {
  readonly [defaulted]?: "type";
  readonly immutable?: boolean;
  readonly data?: Readonly<Record<string, Base64>>;
  readonly stringData?: Readonly<Record<string, string>>;
  readonly type: string;
}

const secret: Schema<Secret> = kindObject<Secret>("io.k8s.api.core.v1.Secret", "Confidential bytes under keys, at most 1 MiB in all.", {
  immutable: flag({ field: 5, presence: "pointer", doc: "If true, the data can't be changed, nor can this be unset." }),
  data: map(bytes, { field: 2, doc: "Base64 of the bytes by key; a key has letters, digits, `-`, `_` and `.` only." }),
  stringData: map(string, {
    field: 4,
    doc: "Plain text by key for writing only: it is folded into data, where it wins, and never read back.",
  }),
  type: text({ field: 3, default: "Opaque", doc: "Says what the data is for, so that programs can rely on its keys." }),
});

export const SecretKind: Kind<Secret> = defineKind<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  resource: "secrets",
  scope: "Namespaced",
  schema: secret,
  columns: [
    nameColumn,
    { name: "Type", type: "string", doc: "What the data is for.", cell: ({ type }) => type },
    { name: "Data", type: "string", doc: "How many keys it has.", cell: ({ data }) => Object.keys(data ?? {}).length },
    ageColumn,
  ],
  selectableFields: { type: ({ type }) => type },
  strategy: {
    defaults: withStringDataFolded,
    validate: validateSecret,
    validateUpdate: validateSecretUpdate,
  },
});

function withStringDataFolded(secret: Secret): Secret {
  const { stringData, ...rest } = secret;
  if (stringData === undefined) return secret;
  const folded = Object.entries(stringData).map(([key, text]) => [key, base64OfText(text)] as const);
  return { ...rest, data: { ...secret.data, ...Object.fromEntries(folded) } };
}

function validateSecret({ type, metadata, data = {} }: Secret): readonly FieldError[] {
  const size = Object.values(data).reduce((total, value) => total + base64Length(value), 0);
  return [
    ...validateDataKeys(data, "data"),
    ...(size > maximumDataSize ? [tooLong("data", maximumDataSize)] : []),
    ...validateContent(type, data, metadata.annotations ?? {}),
  ];
}

/** What the well-known types promise to those who use the Secret. */
function validateContent(
  type: string,
  data: Readonly<Record<string, Base64>>,
  annotations: Readonly<Record<string, string>>,
): readonly FieldError[] {
  switch (type) {
    case "kubernetes.io/service-account-token":
      return (annotations[serviceAccountName] ?? "") === "" ? [required(`metadata.annotations[${serviceAccountName}]`)] : [];
    case "kubernetes.io/dockercfg":
      return validateJson(data, ".dockercfg");
    case "kubernetes.io/dockerconfigjson":
      return validateJson(data, ".dockerconfigjson");
    case "kubernetes.io/basic-auth":
      return Object.hasOwn(data, "username") || Object.hasOwn(data, "password")
        ? []
        : [required("data[username]"), required("data[password]")];
    case "kubernetes.io/ssh-auth":
      return (data["ssh-privatekey"] ?? "") === "" ? [required("data[ssh-privatekey]")] : [];
    case "kubernetes.io/tls":
      return ["tls.crt", "tls.key"].filter((key) => !Object.hasOwn(data, key)).map((key) => required(`data[${key}]`));
    default:
      return [];
  }
}

const serviceAccountName = "kubernetes.io/service-account.name";

function validateJson(data: Readonly<Record<string, Base64>>, key: string): readonly FieldError[] {
  const value = data[key];
  if (value === undefined) return [required(`data[${key}]`)];
  if (isJsonObject(textOfBase64(value))) return [];
  return [invalid(`data[${key}]`, "<secret contents redacted>", "must be a JSON object")];
}

/** What is wrong with the text is not said: a parser's complaint would quote the secret. */
function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value);
  } catch {
    return false;
  }
}

function validateSecretUpdate(secret: Secret, previous: Secret): readonly FieldError[] {
  const type = immutable("type", secret.type, previous.type);
  if (previous.immutable !== true) return type;
  return [
    ...type,
    ...(secret.immutable === true ? [] : [forbidden("immutable", immutableWhenSetText)]),
    ...(sameJson(secret.data ?? {}, previous.data ?? {}) ? [] : [forbidden("data", immutableWhenSetText)]),
  ];
}
