import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Instant, parseTime, seededRandom } from "@kubets/machinery";
import { load } from "js-yaml";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CertificateOptions, type Certificates, createCertificates, ensureCertificates, kubeconfig } from "./index.ts";

const noon = parseTime("2026-11-21T12:00:00Z")!;
const day = 24 * 60 * 60 * 1000;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "certificates-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function at(now: Instant, more: Partial<CertificateOptions> = {}): CertificateOptions & { readonly directory: string } {
  return {
    directory,
    clock: { now: () => now },
    random: seededRandom(1),
    hostnames: ["node-1.example"],
    addresses: ["192.0.2.10", "2001:db8::1"],
    serviceAddress: "10.96.0.1",
    ...more,
  };
}

const after = (days: number): Instant => (noon + days * day) as Instant;
const fingerprints = ({ authority, serving }: Certificates): readonly string[] =>
  [authority, serving.certificate].map((each) => new X509Certificate(each).fingerprint256);

test("the API server's certificate is for every name by which it is reached", async () => {
  const { serving, authority } = await ensureCertificates(at(noon));
  const certificate = new X509Certificate(serving.certificate);
  expect({
    names: certificate.subjectAltName?.split(", "),
    from: certificate.validFromDate.toISOString(),
    until: certificate.validToDate.toISOString(),
    signed: certificate.verify(new X509Certificate(authority).publicKey),
  }).toEqual({
    names: [
      "DNS:kubernetes",
      "DNS:kubernetes.default",
      "DNS:kubernetes.default.svc",
      "DNS:kubernetes.default.svc.cluster.local",
      "DNS:localhost",
      "DNS:node-1.example",
      "IP Address:127.0.0.1",
      "IP Address:0:0:0:0:0:0:0:1",
      "IP Address:10.96.0.1",
      "IP Address:192.0.2.10",
      "IP Address:2001:DB8:0:0:0:0:0:1",
    ],
    from: "2026-11-21T11:55:00.000Z",
    until: "2027-11-21T12:00:00.000Z",
    signed: true,
  });
});

test("only the admin's certificate is above the roles", async () => {
  const certificates = await createCertificates(at(noon));
  const components = [
    "admin",
    "kube-apiserver-kubelet-client",
    "kube-controller-manager",
    "kube-dns",
    "kube-proxy",
    "kube-scheduler",
  ] as const;
  const subjects = await Promise.all(
    components.map(async (each) => new X509Certificate((await certificates.client(each)).certificate).subject),
  );
  expect(subjects).toEqual([
    "O=system:masters\nCN=kubernetes-admin",
    "CN=kube-apiserver-kubelet-client",
    "CN=system:kube-controller-manager",
    "CN=system:kube-dns",
    "O=system:node-proxier\nCN=system:kube-proxy",
    "CN=system:kube-scheduler",
  ]);
  const { client } = await certificates.kubelet("n1", { hostnames: ["n1"], addresses: [] });
  expect(new X509Certificate(client.certificate).subject).toBe("O=system:nodes\nCN=system:node:n1");
});

test("the next start finds everything as it was", async () => {
  const first = await ensureCertificates(at(noon));
  const admin = await first.client("admin");
  const next = await ensureCertificates(at(after(100), { random: seededRandom(2) }));
  expect({ ...next, client: undefined, kubelet: undefined }).toEqual({ ...first, client: undefined, kubelet: undefined });
  expect(await next.client("admin")).toEqual(admin);
});

test("a certificate with less than a third of its life left is renewed, the authority stays", async () => {
  const first = fingerprints(await ensureCertificates(at(noon)));
  const renewals: string[] = [];
  const next = fingerprints(await ensureCertificates(at(after(250), { onRenewal: (name, reason) => renewals.push(`${name}: ${reason}`) })));
  expect([next[0] === first[0], next[1] === first[1], renewals]).toEqual([true, false, ["apiserver: it ends soon"]]);
});

test("an authority that would end before what it signs is replaced, and everything with it", async () => {
  await ensureCertificates(at(noon));
  const renewals: string[] = [];
  await ensureCertificates(at(after(3400), { onRenewal: (name, reason) => renewals.push(`${name}: ${reason}`) }));
  expect(renewals.toSorted()).toEqual(["apiserver: another authority signed it", "ca: it ends soon", "front-proxy-ca: it ends soon"]);
});

test("a new name gives a new certificate", async () => {
  await ensureCertificates(at(noon));
  const { serving } = await ensureCertificates(at(noon, { hostnames: ["other.example"] }));
  expect(new X509Certificate(serving.certificate).checkHost("other.example")).toBe("other.example");
});

test.each([
  ["ca.crt", "ca: it can't be read"],
  ["apiserver.key", "apiserver: it can't be read"],
])("a damaged %s is replaced", async (file, renewal) => {
  await ensureCertificates(at(noon));
  writeFileSync(join(directory, file), "damaged");
  const renewals: string[] = [];
  const { serving, authority } = await ensureCertificates(
    at(noon, { random: seededRandom(2), onRenewal: (name, reason) => renewals.push(`${name}: ${reason}`) }),
  );
  expect(renewals).toContain(renewal);
  expect(new X509Certificate(serving.certificate).verify(new X509Certificate(authority).publicKey)).toBe(true);
});

test("only the owner can read what lies there, and nothing half-written stays", async () => {
  await ensureCertificates(at(noon));
  const files = readdirSync(directory).toSorted();
  expect(files).toEqual([
    "apiserver.crt",
    "apiserver.key",
    "ca.crt",
    "ca.key",
    "front-proxy-ca.crt",
    "front-proxy-ca.key",
    "sa.key",
    "sa.pub",
  ]);
  expect(files.map((file) => statSync(join(directory, file)).mode & 0o777)).toEqual(files.map(() => 0o600));
});

test("a kubeconfig carries all that a client needs", async () => {
  const certificates = await createCertificates(at(noon));
  const admin = await certificates.client("admin");
  const text = kubeconfig({
    name: "kubets",
    server: "https://127.0.0.1:6443",
    authority: certificates.authority,
    user: { certificate: admin },
  });
  const encode = (pem: string): string => Buffer.from(pem).toString("base64");
  expect(load(text)).toEqual({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "kubets", cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": encode(certificates.authority) } },
    ],
    contexts: [{ name: "kubets", context: { cluster: "kubets", user: "kubets" } }],
    "current-context": "kubets",
    users: [{ name: "kubets", user: { "client-certificate-data": encode(admin.certificate), "client-key-data": encode(admin.key) } }],
  });
});
