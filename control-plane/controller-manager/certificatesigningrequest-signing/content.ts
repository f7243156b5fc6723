import type { Instant } from "@kubets/machinery";
import { type CertificateRequest, certificateToSign, type KeyUsage, type ReadCertificate, serialNumber } from "@kubets/machinery/x509";
import type { Usage } from "../certificates/requests.ts";

export interface SigningContext {
  readonly issuer: ReadCertificate;
  /** The object identifier of the algorithm that the issuer signs with. */
  readonly algorithm: string;
  readonly usages: readonly Usage[];
  /** How long the certificate should hold, in milliseconds; as long as it may when absent. */
  readonly life?: number;
  readonly longestLife: number;
  /** 16 random bytes. */
  readonly random: Uint8Array;
  readonly now: Instant;
}

const minute = 60_000;
/** Clocks differ: a certificate holds from a while ago. */
const backdate = 5 * minute;
const shortestLife = 10 * minute;
/** Of a certificate that holds for less than this, the five minutes are no longer a small part: they are added at the end. */
const short = 8 * 60 * minute;

/**
 * What is signed for a request: its subject, key and alternative names as they are, the usages that were approved with it, and nothing
 * else that it asks for. It never outlives its issuer.
 */
export function contentOf(request: CertificateRequest, context: SigningContext): Uint8Array {
  const { issuer, algorithm, usages, longestLife, life = longestLife, random, now } = context;
  const granted = life > longestLife ? longestLife : Math.max(life, shortestLife);
  const notBefore = now - backdate;
  const notAfter = Math.min(granted < short ? now + granted : notBefore + granted, issuer.notAfter);
  return certificateToSign({
    subject: request.rawSubject,
    issuer: issuer.subject,
    publicKey: request.publicKey,
    issuerKeyIdentifier: issuer.keyIdentifier,
    algorithm,
    serialNumber: serialNumber(random),
    notBefore: notBefore as Instant,
    notAfter: notAfter as Instant,
    isAuthority: false,
    keyUsages: new Set(usages.flatMap((usage) => keyUsages[usage] ?? [])),
    extendedKeyUsages: [...new Set(usages.flatMap((usage) => purposes[usage] ?? []))],
    alternativeNames: request.alternativeNames,
  });
}

const keyUsages: Partial<Record<Usage, KeyUsage>> = {
  signing: "digitalSignature",
  "digital signature": "digitalSignature",
  "content commitment": "contentCommitment",
  "key encipherment": "keyEncipherment",
  "key agreement": "keyAgreement",
  "data encipherment": "dataEncipherment",
  "cert sign": "certSign",
  "crl sign": "crlSign",
  "encipher only": "encipherOnly",
  "decipher only": "decipherOnly",
};

/** The object identifiers of purposes (RFC 5280, 4.2.1.12, and those of two makers of browsers). */
const purposes: Partial<Record<Usage, string>> = {
  any: "2.5.29.37.0",
  "server auth": "1.3.6.1.5.5.7.3.1",
  "client auth": "1.3.6.1.5.5.7.3.2",
  "code signing": "1.3.6.1.5.5.7.3.3",
  "email protection": "1.3.6.1.5.5.7.3.4",
  "s/mime": "1.3.6.1.5.5.7.3.4",
  "ipsec end system": "1.3.6.1.5.5.7.3.5",
  "ipsec tunnel": "1.3.6.1.5.5.7.3.6",
  "ipsec user": "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  "ocsp signing": "1.3.6.1.5.5.7.3.9",
  "microsoft sgc": "1.3.6.1.4.1.311.10.3.3",
  "netscape sgc": "2.16.840.1.113730.4.1",
};
