import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { Instant } from "@kubets/machinery";
import { loadCertificateSigner } from "@kubets/machinery/node";
import {
  type CertificateSigner,
  certificateToSign,
  distinguishedName,
  keyIdentifier,
  objectIdentifiers,
  serialNumber,
  signedCertificate,
  writePem,
} from "@kubets/machinery/x509";

const year = 365 * 24 * 3_600_000;

export interface Authority {
  readonly signer: CertificateSigner;
  readonly publicKey: KeyObject;
}

/** A CA of a new P-256 key, as the program makes one: it holds from a year before `now` until ten years after. */
export function anAuthority(now: Instant): Authority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  const name = distinguishedName({ commonName: "kubernetes" });
  const algorithm = objectIdentifiers.ecdsaWithSha256;
  const toSign = certificateToSign({
    ...{ subject: name, issuer: name, publicKey: spki, issuerKeyIdentifier: keyIdentifier(spki), algorithm },
    serialNumber: serialNumber(new Uint8Array(16)),
    notBefore: (now - year) as Instant,
    notAfter: (now + 10 * year) as Instant,
    isAuthority: true,
    keyUsages: new Set(["certSign"]),
    extendedKeyUsages: [],
  });
  const signature = new Uint8Array(createSign("sha256").update(toSign).sign(privateKey));
  const certificate = writePem("CERTIFICATE", signedCertificate(toSign, algorithm, signature));
  const key = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  return { signer: loadCertificateSigner({ certificate, key }), publicKey };
}
