/** Certificates (X.509) and requests for them (PKCS #10): reading and writing. Keys and signatures are others' (`SignatureVerifier`, `CertificateSigner`). */
export { type AlternativeNames, noAlternativeNames } from "./alternative-names.ts";
export {
  type CertificateContent,
  certificateToSign,
  keyIdentifier,
  type KeyUsage,
  parseCertificate,
  type ReadCertificate,
  readCertificate,
  serialNumber,
  signedCertificate,
} from "./certificate.ts";
export {
  type CertificateRequest,
  certificateRequestToSign,
  parseCertificateRequest,
  readCertificateRequest,
} from "./certificate-request.ts";
export { DerError } from "./der-reader.ts";
export { type CertificateSubject, distinguishedName } from "./distinguished-name.ts";
export { objectIdentifiers } from "./object-identifiers.ts";
export { type GivenPemBlock, givenPemBlocks, type PemBlock, readPem, writePem } from "./pem.ts";
export type { CertificateSigner, Signed, SignatureVerifier } from "./signatures.ts";
