import "reflect-metadata";
import { webcrypto, X509Certificate } from "node:crypto";
import * as peer from "@peculiar/x509";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Instant } from "../clock.ts";
import { loadCertificateSigner, signatureVerifier } from "../node/index.ts";
import {
  certificateToSign,
  DerError,
  parseCertificate,
  parseCertificateRequest,
  readCertificateRequest,
  readPem,
  serialNumber,
  signedCertificate,
  writePem,
} from "./index.ts";

const algorithms = {
  "ECDSA P-256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  "ECDSA P-384": { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  RSA: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent: Uint8Array.of(1, 0, 1), modulusLength: 2048 },
  Ed25519: { name: "Ed25519" },
} as const;
const names = [
  { type: "dns", value: "node-1.example.com" },
  { type: "ip", value: "10.0.0.7" },
  { type: "ip", value: "fd00::7" },
  { type: "email", value: "node@example.com" },
  { type: "url", value: "https://example.com/node" },
] as const;

interface Asked {
  readonly keys: webcrypto.CryptoKeyPair;
  readonly pem: string;
}
const generateKeys = (algorithm: object) =>
  webcrypto.subtle.generateKey(algorithm as typeof algorithms.Ed25519, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;

async function ask(algorithm: (typeof algorithms)[keyof typeof algorithms]): Promise<Asked> {
  const keys = await generateKeys(algorithm);
  const request = await peer.Pkcs10CertificateRequestGenerator.create({
    name: "O=system:nodes, CN=system:node:node-1",
    keys,
    signingAlgorithm: algorithm,
    extensions: [new peer.SubjectAlternativeNameExtension([...names])],
  });
  return { keys, pem: request.toString("pem") };
}

beforeAll(() => peer.cryptoProvider.set(webcrypto as never));

describe.each(Object.entries(algorithms))("a request for a key of %s", (_, algorithm) => {
  test("is read as another library wrote it, and its signature holds", async () => {
    const { pem, keys } = await ask(algorithm);
    const request = parseCertificateRequest(pem);
    expect(request.subject).toEqual({ commonName: "system:node:node-1", organizations: ["system:nodes"] });
    expect(request.alternativeNames).toEqual({
      hostnames: ["node-1.example.com"],
      addresses: [Uint8Array.of(10, 0, 0, 7), Uint8Array.of(0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7)],
      emails: ["node@example.com"],
      uris: ["https://example.com/node"],
    });
    expect(request.publicKey).toEqual(new Uint8Array(await webcrypto.subtle.exportKey("spki", keys.publicKey)));
    expect(await signatureVerifier.verify(request.signed)).toBe(true);
  });

  test("is not believed when the key, or what is asked for, is another's", async () => {
    const [mine, theirs] = [parseCertificateRequest((await ask(algorithm)).pem), parseCertificateRequest((await ask(algorithm)).pem)];
    expect(await signatureVerifier.verify({ ...mine.signed, publicKey: theirs.publicKey })).toBe(false);
    expect(await signatureVerifier.verify({ ...mine.signed, data: theirs.signed.data })).toBe(false);
    expect(await signatureVerifier.verify({ ...mine.signed, algorithm: "1.2.840.113549.1.1.5" })).toBe(false);
    expect(await signatureVerifier.verify({ ...mine.signed, publicKey: Uint8Array.of(1, 2, 3) })).toBe(false);
  });
});

test.each(Object.entries(algorithms))(
  "a certificate signed with %s is one to Node, and read back as it was meant",
  async (_, algorithm) => {
    const keys = await generateKeys(algorithm);
    const [notBefore, notAfter] = [Date.UTC(2026, 0, 2, 3, 4, 5), Date.UTC(2051, 5, 6)] as [Instant, Instant];
    const root = await peer.X509CertificateGenerator.createSelfSigned({
      name: "CN=kubernetes",
      keys,
      signingAlgorithm: algorithm,
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
      extensions: [new peer.BasicConstraintsExtension(true), await peer.SubjectKeyIdentifierExtension.create(keys.publicKey)],
    });
    const key = peer.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
    const signer = loadCertificateSigner({ certificate: root.toString("pem"), key });
    const issuer = parseCertificate(signer.certificate);
    expect([issuer.notBefore, issuer.notAfter]).toEqual([notBefore, notAfter]);

    const request = parseCertificateRequest((await ask(algorithms["ECDSA P-256"])).pem);
    const toSign = certificateToSign({
      subject: request.rawSubject,
      issuer: issuer.subject,
      publicKey: request.publicKey,
      issuerKeyIdentifier: issuer.keyIdentifier,
      algorithm: signer.algorithm,
      serialNumber: serialNumber(Uint8Array.from({ length: 16 }, (__, index) => 255 - index)),
      notBefore,
      notAfter,
      isAuthority: false,
      keyUsages: new Set(["digitalSignature", "keyEncipherment", "decipherOnly"]),
      extendedKeyUsages: ["1.3.6.1.5.5.7.3.2"],
      alternativeNames: request.alternativeNames,
    });
    const pem = writePem("CERTIFICATE", signedCertificate(toSign, signer.algorithm, await signer.sign(toSign)));
    const certificate = new X509Certificate(pem);
    const authority = new X509Certificate(signer.certificate);
    expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true);
    expect({ ...certificate.toLegacyObject(), subject: certificate.subject, names: certificate.subjectAltName }).toMatchObject({
      subject: "O=system:nodes\nCN=system:node:node-1",
      names:
        "DNS:node-1.example.com, email:node@example.com, IP Address:10.0.0.7, IP Address:FD00:0:0:0:0:0:0:7, URI:https://example.com/node",
      serialNumber: "7FFEFDFCFBFAF9F8F7F6F5F4F3F2F1F0",
      ca: false,
    });
    const usages = new peer.X509Certificate(pem).getExtension(peer.KeyUsagesExtension)?.usages ?? 0;
    expect(usages).toBe(peer.KeyUsageFlags.digitalSignature | peer.KeyUsageFlags.keyEncipherment | peer.KeyUsageFlags.decipherOnly);
  },
);

test.each([
  ["", "PEM block type must be CERTIFICATE REQUEST"],
  [writePem("CERTIFICATE", Uint8Array.of(0x30, 0)), "PEM block type must be CERTIFICATE REQUEST"],
  [writePem("CERTIFICATE REQUEST", Uint8Array.of(0x30, 0x03, 0x02)), "asn1: syntax error: data truncated"],
  [writePem("CERTIFICATE REQUEST", Uint8Array.of(0x30, 0x00, 0x00)), "asn1: syntax error: truncated tag or length"],
  [writePem("CERTIFICATE REQUEST", Uint8Array.of(0x30, 0x80, 0x00, 0x00)), "asn1: syntax error: indefinite length found (not DER)"],
  [writePem("CERTIFICATE REQUEST", Uint8Array.of(0x30, 0x81, 0x00)), "asn1: structure error: non-minimal length"],
])("what is no request is refused: %j", (pem, message) => {
  expect(() => parseCertificateRequest(pem)).toThrow(new DerError(message));
});

test("a request with bytes changed, lost or added anywhere is read or refused, and nothing else happens", async () => {
  const [{ der } = { der: new Uint8Array() }] = readPem((await ask(algorithms["ECDSA P-256"])).pem);
  const flaws = fc.array(fc.record({ at: fc.nat(der.length - 1), byte: fc.integer({ min: 0, max: 255 }), remove: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(flaws, (all) => {
      const bytes = [...der];
      for (const { at, byte, remove } of all) bytes.splice(at, remove ? 2 : 1, byte);
      try {
        readCertificateRequest(Uint8Array.from(bytes));
      } catch (error) {
        if (!(error instanceof DerError)) throw error;
      }
    }),
    { numRuns: 2000, seed: 20_261_122 },
  );
});

test("blocks of a PEM text are found between other text, with and without headers", () => {
  const block = writePem("CERTIFICATE", Uint8Array.of(1, 2, 3));
  const headed = block.replace("-----\n", "-----\nProc-Type: 4\n\n");
  expect(readPem(`before\n${block}between\r\n${headed}after`)).toEqual([
    { label: "CERTIFICATE", hasHeaders: false, der: Uint8Array.of(1, 2, 3) },
    { label: "CERTIFICATE", hasHeaders: true, der: Uint8Array.of(1, 2, 3) },
  ]);
  expect(readPem(block.replace("END CERTIFICATE", "END KEY"))).toEqual([]);
});
