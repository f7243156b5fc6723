import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  type Extension,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A CA made for one test, with what it has signed: PEM texts. */
export interface TestCertificates {
  readonly authority: string;
  readonly server: { readonly certificate: string; readonly key: string };
  readonly client: { readonly certificate: string; readonly key: string };
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const hour = 3_600_000;

/** Makes a server certificate for `127.0.0.1` and a client certificate for `name`. */
export async function createCertificates(name = "CN=alice, O=team"): Promise<TestCertificates> {
  cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);
  const now = Date.now();
  const validity = { notBefore: new Date(now - hour), notAfter: new Date(now + hour) };
  const authorityKeys = await keyPair();
  const authority = await X509CertificateGenerator.createSelfSigned({
    name: "CN=test authority",
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true)],
    ...validity,
  });
  const signed = async (subject: string, extensions: readonly Extension[]) => {
    const keys = await keyPair();
    const certificate = await X509CertificateGenerator.create({
      subject,
      issuer: authority.subject,
      publicKey: keys.publicKey,
      signingKey: authorityKeys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [...extensions],
      ...validity,
    });
    return {
      certificate: pemOf(certificate),
      key: PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY"),
    };
  };
  return {
    authority: pemOf(authority),
    server: await signed("CN=server", [
      new SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }]),
      new ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.1"]),
    ]),
    client: await signed(name, [new ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.2"])]),
  };
}

const keyPair = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
const pemOf = (certificate: X509Certificate): string => certificate.toString("pem");
