import { generateKeyPairSync, sign } from "node:crypto";
import {
  type AlternativeNames,
  type CertificateSubject,
  certificateRequestToSign,
  noAlternativeNames,
  objectIdentifiers,
  signedCertificate,
  writePem,
} from "@kubets/machinery/x509";

/** A request for a certificate of a new P-256 key, in PEM; with `forged`, signed by another key. */
export function aRequestText(subject: CertificateSubject, names: Partial<AlternativeNames> = {}, forged?: "of another key"): string {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer = forged === undefined ? privateKey : generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  const toSign = certificateRequestToSign({ subject, publicKey: spki, alternativeNames: { ...noAlternativeNames, ...names } });
  const der = signedCertificate(toSign, objectIdentifiers.ecdsaWithSha256, new Uint8Array(sign("sha256", toSign, signer)));
  return writePem("CERTIFICATE REQUEST", der);
}
