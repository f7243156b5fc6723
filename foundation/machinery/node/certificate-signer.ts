import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { type CertificateSigner, objectIdentifiers, type SignatureVerifier } from "../x509/index.ts";

const hashes: Readonly<Record<string, { readonly key: "ec" | "ed25519" | "rsa"; readonly hash: string | undefined }>> = {
  [objectIdentifiers.ecdsaWithSha256]: { key: "ec", hash: "sha256" },
  [objectIdentifiers.ecdsaWithSha384]: { key: "ec", hash: "sha384" },
  [objectIdentifiers.ecdsaWithSha512]: { key: "ec", hash: "sha512" },
  [objectIdentifiers.sha256WithRsa]: { key: "rsa", hash: "sha256" },
  [objectIdentifiers.sha384WithRsa]: { key: "rsa", hash: "sha384" },
  [objectIdentifiers.sha512WithRsa]: { key: "rsa", hash: "sha512" },
  [objectIdentifiers.ed25519]: { key: "ed25519", hash: undefined },
};

/** RSA keys beyond this many bits take longer to check than a request may cost. Go draws the line there as well. */
const longestRsaKey = 8192;

/** Checks signatures by node:crypto. It takes a fraction of a millisecond and stays on the thread. */
export const signatureVerifier: SignatureVerifier = {
  async verify({ publicKey, algorithm, data, signature }) {
    const scheme = hashes[algorithm];
    const key = scheme === undefined ? undefined : keyOf(publicKey);
    if (scheme === undefined || key?.asymmetricKeyType !== scheme.key) return false;
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) > longestRsaKey) return false;
    return verify(scheme.hash, data, key, signature);
  },
};

function keyOf(spki: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

/** An authority from its certificate and private key, both in PEM. Throws `TypeError` for a key that is neither ECDSA, Ed25519 nor RSA. */
export function loadCertificateSigner({
  certificate,
  key: pem,
}: {
  readonly certificate: string;
  readonly key: string;
}): CertificateSigner {
  const key = createPrivateKey(pem);
  const algorithm = algorithmOf(key);
  const hash = hashes[algorithm]?.hash;
  return { certificate, algorithm, sign: async (data) => new Uint8Array(sign(hash, data, key)) };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  switch (asymmetricKeyType) {
    case "rsa":
      return objectIdentifiers.sha256WithRsa;
    case "ed25519":
      return objectIdentifiers.ed25519;
    case "ec":
      switch (asymmetricKeyDetails?.namedCurve) {
        case "secp384r1":
          return objectIdentifiers.ecdsaWithSha384;
        case "secp521r1":
          return objectIdentifiers.ecdsaWithSha512;
        default:
          return objectIdentifiers.ecdsaWithSha256;
      }
    default:
      throw new TypeError(`Cannot sign certificates with a key of type ${asymmetricKeyType ?? "unknown"}: expected ECDSA, Ed25519 or RSA`);
  }
}
