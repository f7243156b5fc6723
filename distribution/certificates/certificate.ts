import { generateKeyPairSync, sign } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import type { Instant, Random } from "@kubets/machinery";
import {
  certificateToSign,
  type CertificateSubject,
  distinguishedName,
  keyIdentifier,
  type KeyUsage,
  noAlternativeNames,
  objectIdentifiers,
  parseCertificate,
  serialNumber,
  signedCertificate,
  writePem,
} from "@kubets/machinery/x509";

export type { CertificateSubject };

// Written by hand: a library that can do more takes longer to load than all certificates of a cluster take to be made.

/** A certificate and its private key, both in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
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

const purposes: Readonly<Record<CertificateRequest["use"], readonly string[]>> = {
  authority: [],
  client: [objectIdentifiers.clientAuthentication],
  server: [objectIdentifiers.serverAuthentication],
};

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
  const algorithm = objectIdentifiers.ecdsaWithSha256;
  const subject = distinguishedName(request.subject);
  const authority = issuer === undefined ? undefined : parseCertificate(issuer.certificate);
  const isAuthority = request.use === "authority";
  const { hostnames = [], addresses = [] } = request.alternativeNames ?? {};
  const toBeSigned = certificateToSign({
    subject,
    issuer: authority?.subject ?? subject,
    publicKey,
    issuerKeyIdentifier: keyIdentifier(authority?.publicKey ?? publicKey),
    algorithm,
    serialNumber: serialNumber(random.bytes(16)),
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    isAuthority,
    keyUsages: new Set<KeyUsage>(isAuthority ? ["digitalSignature", "certSign", "crlSign"] : ["digitalSignature"]),
    extendedKeyUsages: purposes[request.use],
    alternativeNames: { ...noAlternativeNames, hostnames, addresses: addresses.map(addressBytes) },
  });
  const signature = sign("sha256", toBeSigned, issuer?.key ?? privateKey);
  return { certificate: writePem("CERTIFICATE", signedCertificate(toBeSigned, algorithm, signature)), key: privateKey };
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
