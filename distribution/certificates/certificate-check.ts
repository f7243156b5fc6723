import { X509Certificate, createPrivateKey } from "node:crypto";
import type { Instant } from "@kubets/machinery";
import type { CertificateRequest, KeyPair } from "./certificate.ts";

/** Why a stored certificate can't be used as it is, or `undefined` when it can: what is written down about a renewal. */
export function reasonToRenew(
  stored: KeyPair,
  { wanted, authority, now }: { readonly wanted: CertificateRequest; readonly authority?: string; readonly now: Instant },
): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(stored.certificate);
    if (!certificate.checkPrivateKey(createPrivateKey(stored.key))) return "the key is another's";
  } catch {
    return "it can't be read";
  }
  if (!isSignedBy(certificate, authority ?? stored.certificate)) return "another authority signed it";
  if (subjectOf(certificate) !== wantedSubject(wanted)) return "it is for somebody else";
  if (!coversNames(certificate, wanted)) return "it lacks a name or an address";
  const [from, until] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
  if (from > now) return "it isn't valid yet";
  // Authorities are replaced only when what they sign today would outlive them: everybody who trusts them must be told.
  const reserve = wanted.use === "authority" ? leafLife : (until - from) / 3;
  return until - now < reserve ? "it ends soon" : undefined;
}

const day = 24 * 60 * 60 * 1000;
export const leafLife: number = 365 * day;
export const authorityLife: number = 3650 * day;

function isSignedBy(certificate: X509Certificate, authority: string): boolean {
  const issuer = new X509Certificate(authority);
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function subjectOf({ subject }: X509Certificate): string {
  return subject.split("\n").toSorted().join("\n");
}

function wantedSubject({ subject: { commonName, organizations = [] } }: CertificateRequest): string {
  return [`CN=${commonName}`, ...organizations.map((each) => `O=${each}`)].toSorted().join("\n");
}

function coversNames(certificate: X509Certificate, { alternativeNames }: CertificateRequest): boolean {
  const { hostnames = [], addresses = [] } = alternativeNames ?? {};
  const present = (certificate.subjectAltName ?? "").split(", ");
  return (
    hostnames.every((name) => present.includes(`DNS:${name}`)) && addresses.every((address) => certificate.checkIP(address) !== undefined)
  );
}
