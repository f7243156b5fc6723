import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import type { SigningKey } from "../crypto.ts";

/** A new private key for {@link loadSigningKey}: ECDSA on P-256, in PEM. */
export function generateSigningKeyPem(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }) as string;
}

/**
 * A key that signs, from its private part in PEM: ECDSA (ES256, ES384, ES512) or RSA (RS256). Throws `TypeError` for another kind.
 *
 * Signing takes a tenth of a millisecond and stays on the thread: sending it to another would take as long.
 */
export function loadSigningKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const { hash } = schemeOf(publicKey);
  return {
    ...verifying(publicKey),
    async sign(data) {
      return new Uint8Array(sign(hash, data, { key: privateKey, ...encoding }));
    },
  };
}

/** A key that only verifies, from a public key, a private one or a certificate in PEM; asked to sign, it rejects. */
export function loadVerificationKey(pem: string): SigningKey {
  return {
    ...verifying(createPublicKey(pem)),
    sign: () => Promise.reject(new TypeError("Cannot sign: only the public part of this key is known")),
  };
}

const encoding = { dsaEncoding: "ieee-p1363" } as const;

function verifying(publicKey: KeyObject): Omit<SigningKey, "sign"> {
  const { algorithm, hash } = schemeOf(publicKey);
  return {
    id: createHash("sha256")
      .update(publicKey.export({ type: "spki", format: "der" }))
      .digest("base64url"),
    algorithm,
    publicJwk: publicKey.export({ format: "jwk" }) as Readonly<Record<string, string>>,
    async verify(data, signature) {
      return verify(hash, data, { key: publicKey, ...encoding }, signature);
    },
  };
}

/**
 * A key of its own for a process that keeps none. It is made when something is first asked of it: what Node takes to begin making keys is a
 * twentieth of starting a cluster, and few tests of one sign anything.
 */
export function createSigningKey(): SigningKey {
  let made: SigningKey | undefined;
  const key = (): SigningKey => (made ??= loadSigningKey(generateSigningKeyPem()));
  return {
    get id() {
      return key().id;
    },
    get algorithm() {
      return key().algorithm;
    },
    get publicJwk() {
      return key().publicJwk;
    },
    sign: (data) => key().sign(data),
    verify: (data, signature) => key().verify(data, signature),
  };
}

function schemeOf(key: KeyObject): { readonly algorithm: string; readonly hash: string } {
  if (key.asymmetricKeyType === "rsa") return { algorithm: "RS256", hash: "sha256" };
  switch (key.asymmetricKeyDetails?.namedCurve) {
    case "prime256v1":
      return { algorithm: "ES256", hash: "sha256" };
    case "secp384r1":
      return { algorithm: "ES384", hash: "sha384" };
    case "secp521r1":
      return { algorithm: "ES512", hash: "sha512" };
    default:
      throw new TypeError(
        `Cannot sign with a key of type ${key.asymmetricKeyType ?? "unknown"}: expected ECDSA (P-256, P-384, P-521) or RSA`,
      );
  }
}
