import { sha1 } from "@noble/hashes/legacy.js";
import type { Instant } from "../clock.ts";
import { formatTime, parseTime } from "../clock.ts";
import { type AlternativeNames, alternativeNames } from "./alternative-names.ts";
import { contentOf, contextTag, DerError, type DerValue, readBits, readObjectIdentifier, readValue, within } from "./der-reader.ts";
import { tags } from "./der-tags.ts";
import { bitString, boolean, objectIdentifier, octetString, sequence, tagged, time, unsignedInteger } from "./der-writer.ts";
import { objectIdentifiers } from "./object-identifiers.ts";
import { readPem } from "./pem.ts";

/** What a certificate (X.509 v3, RFC 5280) will say. */
export interface CertificateContent {
  /** The names of subject and issuer in DER. */
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  /** The subject's key: a SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  /** Names the issuer's key; see {@link keyIdentifier}. */
  readonly issuerKeyIdentifier: Uint8Array;
  /** The object identifier of the algorithm that it will be signed with. */
  readonly algorithm: string;
  /** Never twice the same from one issuer: {@link serialNumber}. */
  readonly serialNumber: Uint8Array;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly isAuthority: boolean;
  readonly keyUsages: ReadonlySet<KeyUsage>;
  /** The object identifiers of purposes. */
  readonly extendedKeyUsages: readonly string[];
  readonly alternativeNames?: AlternativeNames;
}

/** By the number of their bit, from the left. */
export const keyUsageBits = {
  digitalSignature: 0,
  contentCommitment: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  certSign: 5,
  crlSign: 6,
  encipherOnly: 7,
  decipherOnly: 8,
} as const;
export type KeyUsage = keyof typeof keyUsageBits;

/** Positive, of 127 random bits. */
export function serialNumber(randomBytes: Uint8Array): Uint8Array {
  const bytes = randomBytes.slice(0, 16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes;
}

/** The part of a certificate that is signed. */
export function certificateToSign(content: CertificateContent): Uint8Array {
  return sequence(
    tagged(0, unsignedInteger(Uint8Array.of(2)), { constructed: true }),
    unsignedInteger(content.serialNumber),
    algorithmIdentifier(content.algorithm),
    content.issuer,
    sequence(time(formatTime(content.notBefore)), time(formatTime(content.notAfter))),
    content.subject,
    content.publicKey,
    tagged(3, sequence(...extensionsOf(content)), { constructed: true }),
  );
}

/** The certificate in DER, from its signed part and the signature of that. */
export function signedCertificate(signed: Uint8Array, algorithm: string, signature: Uint8Array): Uint8Array {
  return sequence(signed, algorithmIdentifier(algorithm), bitString(signature));
}

const rsaSignatures: ReadonlySet<string> = new Set([
  objectIdentifiers.sha256WithRsa,
  objectIdentifiers.sha384WithRsa,
  objectIdentifiers.sha512WithRsa,
]);

/** RSA's carry an explicit NULL, the others nothing (RFC 4055, 5758). */
function algorithmIdentifier(algorithm: string): Uint8Array {
  return sequence(objectIdentifier(algorithm), ...(rsaSignatures.has(algorithm) ? [Uint8Array.of(5, 0)] : []));
}

function extensionsOf(content: CertificateContent): readonly Uint8Array[] {
  const { keyUsages, extendedKeyUsages, isAuthority, publicKey, issuerKeyIdentifier } = content;
  const ids = objectIdentifiers;
  return [
    ...(keyUsages.size === 0 ? [] : [extension(ids.keyUsage, usageBits(keyUsages), "critical")]),
    ...(extendedKeyUsages.length === 0 ? [] : [extension(ids.extendedKeyUsage, sequence(...extendedKeyUsages.map(objectIdentifier)))]),
    extension(ids.basicConstraints, isAuthority ? sequence(boolean(true)) : sequence(), "critical"),
    ...(isAuthority ? [extension(ids.subjectKeyIdentifier, octetString(keyIdentifier(publicKey)))] : []),
    extension(ids.authorityKeyIdentifier, sequence(tagged(0, issuerKeyIdentifier, { constructed: false }))),
    ...namesExtension(content.alternativeNames),
  ];
}

function namesExtension(names: AlternativeNames | undefined): readonly Uint8Array[] {
  const isEmpty = names === undefined || [names.hostnames, names.addresses, names.emails, names.uris].every(({ length }) => length === 0);
  return isEmpty ? [] : [extension(objectIdentifiers.subjectAlternativeName, alternativeNames(names))];
}

function extension(id: string, content: Uint8Array, critical?: "critical"): Uint8Array {
  return sequence(objectIdentifier(id), ...(critical === undefined ? [] : [boolean(true)]), octetString(content));
}

/** DER leaves out the zero bits at the end. */
function usageBits(usages: ReadonlySet<KeyUsage>): Uint8Array {
  const bits = [...usages].map((usage) => keyUsageBits[usage]);
  const last = Math.max(...bits);
  const bytes = new Uint8Array(Math.floor(last / 8) + 1);
  for (const bit of bits) bytes[Math.floor(bit / 8)]! |= 0x80 >> (bit % 8);
  return bitString(bytes, 7 - (last % 8));
}

/** SHA-1 of the key's bits (RFC 5280, 4.2.1.2): a name, not a protection. */
export function keyIdentifier(publicKey: Uint8Array): Uint8Array {
  const [, bits] = within(readValue(publicKey), tags.sequence);
  return sha1(readBits(bits).bytes);
}

/** What is read of a certificate: enough to issue in its name, and to know when it ends. */
export interface ReadCertificate {
  /** In DER. */
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  /** The name that it gives its key itself; that by {@link keyIdentifier} when it gives none. */
  readonly keyIdentifier: Uint8Array;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** It says that it may sign others. */
  readonly isAuthority: boolean;
}

/** Reads the first certificate of a PEM text. Throws {@link DerError} when there is none. */
export function parseCertificate(pem: string): ReadCertificate {
  const block = readPem(pem).find(({ label }) => label === "CERTIFICATE");
  if (block === undefined) throw new DerError("must contain at least one CERTIFICATE PEM block");
  return readCertificate(block.der);
}

export function readCertificate(der: Uint8Array): ReadCertificate {
  const [signed, algorithm, signature, ...more] = within(readValue(der), tags.sequence);
  contentOf(algorithm, tags.sequence);
  readBits(signature);
  if (more.length > 0) throw new DerError("x509: malformed certificate");
  const parts = within(signed, tags.sequence);
  const isVersioned = parts[0]?.tag === contextTag(0, { constructed: true });
  const [serial, , issuer, validity, subject, publicKey, ...rest] = isVersioned ? parts.slice(1) : parts;
  contentOf(serial, tags.integer);
  contentOf(issuer, tags.sequence);
  contentOf(subject, tags.sequence);
  contentOf(publicKey, tags.sequence);
  const [from, until] = within(validity, tags.sequence);
  return {
    subject: subject!.raw,
    publicKey: publicKey!.raw,
    keyIdentifier: ownKeyIdentifier(rest) ?? keyIdentifier(publicKey!.raw),
    isAuthority: saysAuthority(rest),
    notBefore: readTime(from),
    notAfter: readTime(until),
  };
}

function ownKeyIdentifier(rest: readonly DerValue[]): Uint8Array | undefined {
  const content = extensionIn(rest, objectIdentifiers.subjectKeyIdentifier);
  return content === undefined ? undefined : contentOf(content, tags.octetString);
}

/** `BasicConstraints` is a sequence whose first value, unless it is left out as false, says it. */
function saysAuthority(rest: readonly DerValue[]): boolean {
  const content = extensionIn(rest, objectIdentifiers.basicConstraints);
  if (content === undefined) return false;
  const [first] = within(content, tags.sequence);
  return first?.tag === tags.boolean && first.content[0] === 0xff;
}

/** What an extension of that name says. */
function extensionIn(rest: readonly DerValue[], id: string): DerValue | undefined {
  const extensions = rest.find(({ tag }) => tag === contextTag(3, { constructed: true }));
  if (extensions === undefined) return undefined;
  for (const each of within(readValue(extensions.content), tags.sequence)) {
    const parts = within(each, tags.sequence);
    if (readObjectIdentifier(parts[0]) === id) return readValue(contentOf(parts.at(-1), tags.octetString));
  }
  return undefined;
}

/** UTCTime speaks of 1950 to 2049 (RFC 5280, 4.1.2.5.1). */
function readTime(value: DerValue | undefined): Instant {
  const text = new TextDecoder().decode(value?.content);
  const digits = value?.tag === tags.utcTime ? `${Number(text.slice(0, 2)) < 50 ? "20" : "19"}${text}` : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits)?.slice(1) ?? [];
  const instant = parseTime(`${parts.slice(0, 3).join("-")}T${parts.slice(3).join(":")}Z`);
  if (instant === undefined) throw new DerError("x509: malformed validity");
  return instant;
}
