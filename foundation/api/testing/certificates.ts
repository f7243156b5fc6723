import type { Instant } from "@kubets/machinery";
import {
  certificateRequestToSign,
  certificateToSign,
  distinguishedName,
  noAlternativeNames,
  objectIdentifiers,
  signedCertificate,
  writePem,
} from "@kubets/machinery/x509";

// Nobody checks what signs these: a key of no algorithm, and a signature of one byte.
const publicKey = Uint8Array.of(0x30, 0x09, 0x30, 0x03, 0x06, 0x01, 0x2a, 0x03, 0x02, 0x00, 0x01);
const algorithm = objectIdentifiers.ed25519;
const signature = Uint8Array.of(1);
const name = { commonName: "test" };

/** A certificate in PEM that says that it is an authority's, or that it isn't. */
export function aCertificate({ isAuthority }: { readonly isAuthority: boolean }): string {
  const signed = certificateToSign({
    subject: distinguishedName(name),
    issuer: distinguishedName(name),
    publicKey,
    issuerKeyIdentifier: Uint8Array.of(1),
    algorithm,
    serialNumber: Uint8Array.of(1),
    notBefore: 0 as Instant,
    notAfter: 1000 as Instant,
    isAuthority,
    keyUsages: new Set(),
    extendedKeyUsages: [],
  });
  return writePem("CERTIFICATE", signedCertificate(signed, algorithm, signature));
}

/** A request for a certificate, in Base64 of its DER, whose signature is none. */
export function anUnsignedRequest(): string {
  const asked = certificateRequestToSign({ subject: { commonName: "" }, publicKey, alternativeNames: noAlternativeNames });
  return btoa(String.fromCharCode(...signedCertificate(asked, algorithm, signature)));
}
