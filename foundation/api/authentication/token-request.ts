import {
  type defaulted,
  defineKind,
  field,
  type FieldError,
  integer,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  type Schema,
  string,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";

/** Asks for a token of a ServiceAccount. */
export interface TokenRequest extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: TokenRequestSpec;
  readonly status: TokenRequestStatus;
}

/** What a token should be. */
export interface TokenRequestSpec {
  readonly [defaulted]?: "expirationSeconds";
  readonly audiences?: readonly string[];
  readonly expirationSeconds: number;
  readonly boundObjectRef?: BoundObjectReference;
}

/** A token. */
export interface TokenRequestStatus {
  readonly token?: string;
  readonly expirationTimestamp?: Time;
}

/** The object with which a token ends. */
export interface BoundObjectReference {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly name?: string;
  readonly uid?: string;
}

const boundObjectReference: Schema<BoundObjectReference> = object<BoundObjectReference>(
  "io.k8s.api.authentication.v1.BoundObjectReference",
  "The object with which a token ends.",
  {
    kind: text({ field: 1, doc: "Pod, Secret or Node." }),
    apiVersion: text({ field: 2, doc: "The API version of the object." }),
    name: text({ field: 3, doc: "The object's name." }),
    uid: text({ field: 4, doc: "The object's uid." }),
  },
);

const tokenRequestSpec: Schema<TokenRequestSpec> = object<TokenRequestSpec>(
  "io.k8s.api.authentication.v1.TokenRequestSpec",
  "What a token should be.",
  {
    audiences: list(string, {
      field: 1,
      listType: "atomic",
      doc: "For whom the token is meant; whoever reads it must refuse it if it isn't named here.",
    }),
    expirationSeconds: integer({
      field: 4,
      presence: "pointer",
      default: 3600,
      bits: 64,
      doc: "For how long the token should hold; at least 600, and the server may say otherwise.",
    }),
    boundObjectRef: struct(boundObjectReference, { field: 3, presence: "pointer", doc: "The object with which the token ends." }),
  },
);

const tokenRequestStatus: Schema<TokenRequestStatus> = object<TokenRequestStatus>(
  "io.k8s.api.authentication.v1.TokenRequestStatus",
  "A token.",
  {
    token: text({ field: 1, doc: "The token itself." }),
    expirationTimestamp: field(time, { field: 2, doc: "Until when it holds." }),
  },
);

const tokenRequest: Schema<TokenRequest> = kindObject<TokenRequest>(
  "io.k8s.api.authentication.v1.TokenRequest",
  "Asks for a token of a ServiceAccount.",
  {
    spec: struct(tokenRequestSpec, { field: 2, default: {}, doc: "What the token should be." }),
    status: struct(tokenRequestStatus, { field: 3, default: {}, doc: "The token." }),
  },
);

/** Spoken by the subresource `token` of ServiceAccounts; there is no resource of its own. */
export const TokenRequestKind: Kind<TokenRequest> = defineKind<TokenRequest>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenRequest",
  resource: "",
  scope: "Namespaced",
  schema: tokenRequest,
  verbs: ["create"],
  strategy: { validate: validateTokenRequest },
});

const shortestSeconds = 600;
const longestSeconds = 2 ** 32;

function validateTokenRequest({ spec }: TokenRequest): readonly FieldError[] {
  const path = "spec.expirationSeconds";
  const { expirationSeconds } = spec;
  if (expirationSeconds < shortestSeconds) return [invalid(path, expirationSeconds, "may not specify a duration less than 10 minutes")];
  if (expirationSeconds > longestSeconds) return [invalid(path, expirationSeconds, "may not specify a duration larger than 2^32 seconds")];
  return [];
}
