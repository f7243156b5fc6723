import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** A certificate authority of a test's own, whose certificates hold for a day. */
export interface TestAuthority {
  /** PEM. */
  readonly certificate: string;
  /** A certificate for a server of this name. */
  issue(name: string): Promise<{ readonly certificate: string; readonly key: string }>;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const hour = 3_600_000;

export async function testAuthority(): Promise<TestAuthority> {
  x509.cryptoProvider.set(webcrypto as never);
  const generateKeys = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const keys = await generateKeys();
  const now = Date.now();
  const validity = { notBefore: new Date(now - hour), notAfter: new Date(now + 24 * hour), signingAlgorithm: algorithm };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=webhooks of a test",
    keys,
    ...validity,
    extensions: [new x509.BasicConstraintsExtension(true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign)],
  });
  return {
    certificate: authority.toString("pem"),
    async issue(name) {
      const own = await generateKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        subject: `CN=${name}`,
        issuer: authority.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        ...validity,
        extensions: [
          new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }]),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        ],
      });
      const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", own.privateKey), "PRIVATE KEY");
      return { certificate: certificate.toString("pem"), key };
    },
  };
}
