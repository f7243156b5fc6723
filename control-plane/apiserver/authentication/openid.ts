import type { SigningKey } from "@kubets/machinery";

/** `/.well-known/openid-configuration`: how others find the keys of the issuer of service account tokens. */
export function openidConfiguration({ issuer, jwksUri, keys }: OpenidIssuer): object {
  return {
    issuer,
    jwks_uri: jwksUri,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [...new Set(keys.map((key) => key.algorithm))].sort(),
  };
}

export interface OpenidIssuer {
  readonly issuer: string;
  readonly jwksUri: string;
  readonly keys: readonly SigningKey[];
}

/** `/openid/v1/jwks`: the public keys by which tokens are verified. */
export function keySet(keys: readonly SigningKey[]): object {
  return { keys: keys.map((key) => ({ use: "sig", ...key.publicJwk, kid: key.id, alg: key.algorithm })) };
}
