import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import type { Clock, Instant, Random } from "@kubets/machinery";
import { type AlternativeNames, type CertificateRequest, type CertificateSubject, issueCertificate, type KeyPair } from "./certificate.ts";
import { authorityLife, leafLife, reasonToRenew } from "./certificate-check.ts";
import { type CertificateFiles, directoryFiles, memoryFiles } from "./certificate-files.ts";

export interface CertificateOptions {
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
  /** Names and addresses by which the API server is reached, besides `localhost` and those within the cluster. */
  readonly hostnames: readonly string[];
  readonly addresses: readonly string[];
  /** The address of the Service `kubernetes`. */
  readonly serviceAddress: string;
  /** `cluster.local` when absent. */
  readonly clusterDomain?: string;
  /** Told of every certificate that replaces one that was there. */
  readonly onRenewal?: (name: string, reason: string) => void;
}

/** The components that have an identity of their own. */
export type ComponentName =
  | "admin"
  | "front-proxy-client"
  | "kube-apiserver-kubelet-client"
  | "kube-controller-manager"
  | "kube-dns"
  | "kube-proxy"
  | "kube-scheduler";

/**
 * The certificates of a cluster, as they are now. What the API server needs is there; the rest is made when it is first asked for.
 * Whoever runs for long asks again once a day: what has less than a third of its life left is then made anew.
 */
export interface Certificates {
  /** PEM of the cluster's CA: signs servers and clients. */
  readonly authority: string;
  readonly authorityKey: string;
  /** PEM of the CA of API servers that pass requests on. */
  readonly frontProxyAuthority: string;
  /** What the API server shows. */
  readonly serving: KeyPair;
  /** PEM (PKCS #8, P-256) of the key that signs service account tokens. It has no end: tokens would end with it. */
  readonly serviceAccountKey: string;
  client(component: ComponentName): Promise<KeyPair>;
  /** What a kubelet shows to the API server, and to those who call it. */
  kubelet(node: string, names: AlternativeNames): Promise<{ readonly client: KeyPair; readonly serving: KeyPair }>;
}

/** Reads the certificates of a directory; makes what is missing, damaged, for other names, or about to end. */
export function ensureCertificates({ directory, ...options }: CertificateOptions & { readonly directory: string }): Promise<Certificates> {
  return ensureIn(directoryFiles(directory, options.random), options);
}

/** The same for a cluster that leaves nothing behind. */
export function createCertificates(options: CertificateOptions): Promise<Certificates> {
  return ensureIn(memoryFiles(), options);
}

async function ensureIn(files: CertificateFiles, options: CertificateOptions): Promise<Certificates> {
  const { clock, random, hostnames, addresses, serviceAddress, clusterDomain = "cluster.local", onRenewal } = options;

  const ensure = async (name: string, wanted: CertificateRequest, issuer?: KeyPair): Promise<KeyPair> => {
    const [certificate, key] = await Promise.all([files.read(`${name}.crt`), files.read(`${name}.key`)]);
    if (certificate !== undefined && key !== undefined) {
      const authority = issuer === undefined ? {} : { authority: issuer.certificate };
      const reason = reasonToRenew({ certificate, key }, { wanted, now: clock.now(), ...authority });
      if (reason === undefined) return { certificate, key };
      onRenewal?.(name, reason);
    }
    const made = issueCertificate(wanted, { random, ...(issuer === undefined ? {} : { issuer }) });
    // An authority that is lost takes everything that it signed with it; all else can be made again.
    const synced = issuer === undefined;
    // The key first: a certificate without its key, left by a crash, would look complete to other programs.
    await files.write(`${name}.key`, made.key, { synced });
    await files.write(`${name}.crt`, made.certificate, { synced });
    return made;
  };
  const authority = (name: string, commonName: string): Promise<KeyPair> =>
    ensure(name, { ...lifetime(clock.now(), authorityLife), subject: { commonName }, use: "authority" });
  const leaf = (name: string, request: Omit<CertificateRequest, "notAfter" | "notBefore">, issuer: KeyPair): Promise<KeyPair> =>
    ensure(name, { ...lifetime(clock.now(), leafLife), ...request }, issuer);

  const [cluster, frontProxy, serviceAccountKey] = await Promise.all([
    authority("ca", "kubernetes"),
    authority("front-proxy-ca", "front-proxy-ca"),
    ensureSigningKey(files),
  ]);
  const alternativeNames: AlternativeNames = {
    hostnames: unique([
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      `kubernetes.default.svc.${clusterDomain}`,
      "localhost",
      ...hostnames,
    ]),
    addresses: unique(["127.0.0.1", "::1", serviceAddress, ...addresses]),
  };
  const serving = await leaf("apiserver", { subject: { commonName: "kube-apiserver" }, use: "server", alternativeNames }, cluster);

  return {
    authority: cluster.certificate,
    authorityKey: cluster.key,
    frontProxyAuthority: frontProxy.certificate,
    serving,
    serviceAccountKey,
    client: (component) =>
      leaf(component, { subject: subjects[component], use: "client" }, component === "front-proxy-client" ? frontProxy : cluster),
    async kubelet(node, names) {
      const subject: CertificateSubject = { commonName: `system:node:${node}`, organizations: ["system:nodes"] };
      const [client, kubeletServing] = await Promise.all([
        leaf(`kubelet-${node}`, { subject, use: "client" }, cluster),
        leaf(`kubelet-${node}-serving`, { subject, use: "server", alternativeNames: names }, cluster),
      ]);
      return { client, serving: kubeletServing };
    },
  };
}

/** Who each component is. Nobody but the admin is above the roles. */
const subjects: Readonly<Record<ComponentName, CertificateSubject>> = {
  admin: { commonName: "kubernetes-admin", organizations: ["system:masters"] },
  "front-proxy-client": { commonName: "front-proxy-client" },
  "kube-apiserver-kubelet-client": { commonName: "kube-apiserver-kubelet-client" },
  "kube-controller-manager": { commonName: "system:kube-controller-manager" },
  "kube-dns": { commonName: "system:kube-dns" },
  "kube-proxy": { commonName: "system:kube-proxy", organizations: ["system:node-proxier"] },
  "kube-scheduler": { commonName: "system:kube-scheduler" },
};

/** Clocks differ: a certificate holds from a few minutes ago. */
function lifetime(now: Instant, milliseconds: number): Pick<CertificateRequest, "notAfter" | "notBefore"> {
  return { notBefore: (now - 5 * 60 * 1000) as Instant, notAfter: (now + milliseconds) as Instant };
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}

async function ensureSigningKey(files: CertificateFiles): Promise<string> {
  const stored = await files.read("sa.key");
  if (stored !== undefined && isUsable(stored)) return stored;
  const { privateKey } = generateKeyPairSync("ec", {
    namedCurve: "prime256v1",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  await files.write("sa.key", privateKey, { synced: true });
  await files.write("sa.pub", createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString(), { synced: false });
  return privateKey;
}

function isUsable(key: string): boolean {
  try {
    return createPrivateKey(key).asymmetricKeyDetails?.namedCurve === "prime256v1";
  } catch {
    return false;
  }
}
