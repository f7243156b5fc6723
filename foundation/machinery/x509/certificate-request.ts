import { alternativeNames, type AlternativeNames, noAlternativeNames, readAlternativeNames } from "./alternative-names.ts";
import { contentOf, contextTag, DerError, type DerValue, readBits, readObjectIdentifier, readValue, within } from "./der-reader.ts";
import { tags } from "./der-tags.ts";
import { objectIdentifier, octetString, sequence, set, tagged, unsignedInteger } from "./der-writer.ts";
import { type CertificateSubject, distinguishedName, readDistinguishedName } from "./distinguished-name.ts";
import { objectIdentifiers } from "./object-identifiers.ts";
import { readPem } from "./pem.ts";
import type { Signed } from "./signatures.ts";

/** What a PKCS #10 request (RFC 2986) asks for. That its sender holds the key is shown by `signed`, which is not checked here. */
export interface CertificateRequest {
  readonly subject: Required<CertificateSubject>;
  /** The subject byte for byte: it goes into the certificate as it stands. */
  readonly rawSubject: Uint8Array;
  /** A SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  readonly alternativeNames: AlternativeNames;
  readonly signed: Signed;
}

/**
 * Reads the first block of a PEM text. Throws `DerError` with upstream's words where they are matched on.
 *
 * Whoever believes the request checks `signed` first: see `SignatureVerifier`.
 */
export function parseCertificateRequest(pem: string): CertificateRequest {
  const [block] = readPem(pem);
  if (block?.label !== "CERTIFICATE REQUEST") throw new DerError("PEM block type must be CERTIFICATE REQUEST");
  return readCertificateRequest(block.der);
}

export function readCertificateRequest(der: Uint8Array): CertificateRequest {
  const [info, algorithm, signature] = within(readValue(der), tags.sequence);
  const [version, subject, publicKey, attributes] = within(info, tags.sequence);
  contentOf(version, tags.integer);
  contentOf(publicKey, tags.sequence);
  return {
    subject: readDistinguishedName(subject),
    rawSubject: subject!.raw,
    publicKey: publicKey!.raw,
    alternativeNames: attributes === undefined ? noAlternativeNames : requestedNames(attributes),
    signed: {
      publicKey: publicKey!.raw,
      algorithm: readObjectIdentifier(within(algorithm, tags.sequence)[0]),
      data: info!.raw,
      signature: readBits(signature).bytes,
    },
  };
}

function requestedNames(attributes: DerValue): AlternativeNames {
  for (const attribute of within(attributes, contextTag(0, { constructed: true }))) {
    const [type, values] = within(attribute, tags.sequence);
    if (readObjectIdentifier(type) !== objectIdentifiers.extensionRequest) continue;
    const [extensions] = within(values, tags.set);
    for (const extension of within(extensions, tags.sequence)) {
      const parts = within(extension, tags.sequence);
      if (readObjectIdentifier(parts[0]) !== objectIdentifiers.subjectAlternativeName) continue;
      return readAlternativeNames(contentOf(parts.at(-1), tags.octetString));
    }
  }
  return noAlternativeNames;
}

/** The part of a request that is signed, by the key itself: what a kubelet sends for a certificate. See `signedCertificate`. */
export function certificateRequestToSign({
  subject,
  publicKey,
  alternativeNames: names,
}: {
  readonly subject: CertificateSubject;
  readonly publicKey: Uint8Array;
  readonly alternativeNames: AlternativeNames;
}): Uint8Array {
  const extension = sequence(objectIdentifier(objectIdentifiers.subjectAlternativeName), octetString(alternativeNames(names)));
  const isNamed = [names.hostnames, names.addresses, names.emails, names.uris].some(({ length }) => length > 0);
  const attribute = sequence(objectIdentifier(objectIdentifiers.extensionRequest), set(sequence(extension)));
  return sequence(
    unsignedInteger(Uint8Array.of(0)),
    distinguishedName(subject),
    publicKey,
    tagged(0, isNamed ? attribute : new Uint8Array(), { constructed: true }),
  );
}
