import { createHash, createPublicKey, generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import { formatTime, type Instant, type Random } from "@kubets/machinery";
import { bitString, boolean, objectIdentifier, octetString, sequence, set, tagged, time, unsignedInteger, utf8String } from "./der.ts";

// Written by hand: a library that can do more takes longer to load than all certificates of a cluster take to be made.

/** A certificate and its private key, both in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateSubject {
  readonly commonName: string;
  /** For clients: the groups of the user. */
  readonly organizations?: readonly string[];
}

/** Names and addresses for which a server may show a certificate. */
export interface AlternativeNames {
  readonly hostnames: readonly string[];
  readonly addresses: readonly string[];
}

export interface CertificateRequest {
  readonly subject: CertificateSubject;
  readonly use: "authority" | "client" | "server";
  readonly alternativeNames?: AlternativeNames;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

const oid = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuthentication: "1.3.6.1.5.5.7.3.1",
  clientAuthentication: "1.3.6.1.5.5.7.3.2",
} as const;

/** Makes a key (ECDSA P-256) and a certificate for it, signed by `issuer`; without one, by the key itself. */
export function issueCertificate(
  request: CertificateRequest,
  { issuer, random }: { readonly issuer?: KeyPair; readonly random: Random },
): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "prime256v1",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const algorithm = sequence(objectIdentifier(oid.ecdsaWithSha256));
  const subject = distinguishedName(request.subject);
  const issuerName = issuer === undefined ? subject : subjectOf(issuer.certificate);
  const authorityKey = issuer === undefined ? publicKey : spkiOf(issuer.certificate);
  const toBeSigned = sequence(
    tagged(0, unsignedInteger(Uint8Array.of(2)), { constructed: true }),
    unsignedInteger(serialNumber(random)),
    algorithm,
    issuerName,
    sequence(time(formatTime(request.notBefore)), time(formatTime(request.notAfter))),
    subject,
    publicKey,
    tagged(3, sequence(...extensionsOf(request, { publicKey, authorityKey })), { constructed: true }),
  );
  const signature = sign("sha256", toBeSigned, issuer?.key ?? privateKey);
  return { certificate: pem("CERTIFICATE", sequence(toBeSigned, algorithm, bitString(signature))), key: privateKey };
}

/** Positive, of 127 random bits: never twice the same from one authority. */
function serialNumber(random: Random): Uint8Array {
  const bytes = random.bytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes;
}

function distinguishedName({ commonName, organizations = [] }: CertificateSubject): Uint8Array {
  const attribute = (type: string, text: string): Uint8Array => set(sequence(objectIdentifier(type), utf8String(text)));
  return sequence(...organizations.map((each) => attribute(oid.organization, each)), attribute(oid.commonName, commonName));
}

function extensionsOf(
  { use, alternativeNames }: CertificateRequest,
  { publicKey, authorityKey }: { readonly publicKey: Uint8Array; readonly authorityKey: Uint8Array },
): readonly Uint8Array[] {
  const isAuthority = use === "authority";
  // Bits from the left: 0 digitalSignature, 5 keyCertSign, 6 cRLSign.
  const usage = isAuthority ? bitString(Uint8Array.of(0b1000_0110), 1) : bitString(Uint8Array.of(0b1000_0000), 7);
  const purpose = use === "server" ? oid.serverAuthentication : oid.clientAuthentication;
  return [
    extension(oid.keyUsage, usage, "critical"),
    ...(isAuthority ? [] : [extension(oid.extendedKeyUsage, sequence(objectIdentifier(purpose)))]),
    extension(oid.basicConstraints, isAuthority ? sequence(boolean(true)) : sequence(), "critical"),
    ...(isAuthority ? [extension(oid.subjectKeyIdentifier, octetString(keyIdentifier(publicKey)))] : []),
    extension(oid.authorityKeyIdentifier, sequence(tagged(0, keyIdentifier(authorityKey), { constructed: false }))),
    ...(alternativeNames === undefined ? [] : [extension(oid.subjectAlternativeName, generalNames(alternativeNames))]),
  ];
}

function extension(id: string, content: Uint8Array, critical?: "critical"): Uint8Array {
  return sequence(objectIdentifier(id), ...(critical === undefined ? [] : [boolean(true)]), octetString(content));
}

function generalNames({ hostnames, addresses }: AlternativeNames): Uint8Array {
  return sequence(
    ...hostnames.map((name) => tagged(2, Buffer.from(name), { constructed: false })),
    ...addresses.map((address) => tagged(7, addressBytes(address), { constructed: false })),
  );
}

/** The bytes of an IPv4 or IPv6 address. Throws `TypeError` for anything else. */
function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split(".").map(Number));
  if (!isIPv6(address)) throw new TypeError(`Cannot put ${JSON.stringify(address)} into a certificate: it is no IP address`);
  // A URL writes every IPv6 address in its hexadecimal form, with at most one `::`.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string | undefined): readonly string[] => (text === undefined || text === "" ? [] : text.split(":"));
  const [left, right] = [groups(head), groups(tail)];
  const all = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => "0"), ...right];
  return Uint8Array.from(all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]));
}

/** The subject of a certificate as it stands there, byte for byte: names are compared so. */
function subjectOf(certificate: string): Uint8Array {
  // Certificate → tbsCertificate → [0] version, serial, algorithm, issuer, validity, subject.
  const { raw } = new X509Certificate(certificate);
  let at = contentStart(raw, contentStart(raw, 0));
  for (let skipped = 0; skipped < 5; skipped++) at = endOf(raw, at);
  return raw.subarray(at, endOf(raw, at));
}

function contentStart(raw: Uint8Array, at: number): number {
  const length = raw[at + 1]!;
  return at + 2 + (length < 0x80 ? 0 : length & 0x7f);
}

function endOf(raw: Uint8Array, at: number): number {
  const start = contentStart(raw, at);
  const short = raw[at + 1]!;
  if (short < 0x80) return start + short;
  let length = 0;
  for (let index = at + 2; index < start; index++) length = length * 256 + raw[index]!;
  return start + length;
}

function spkiOf(certificate: string): Uint8Array {
  return createPublicKey(certificate).export({ type: "spki", format: "der" });
}

/** SHA-1 of the key's bits (RFC 5280, 4.2.1.2): a name, not a protection. The bits of a P-256 key are the last 65 bytes. */
function keyIdentifier(spki: Uint8Array): Uint8Array {
  return createHash("sha1").update(spki.subarray(-65)).digest();
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
