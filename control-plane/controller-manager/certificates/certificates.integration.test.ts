import { X509Certificate } from "node:crypto";
import { CertificateSigningRequestKind, ClusterRoleBindingKind } from "@kubets/api";
import { base64OfText, type Instant, textOfBase64, type UserInfo } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { anAuthority } from "./testing/an-authority.ts";
import { aRequestText } from "./testing/request-text.ts";
import type { Usage } from "./requests.ts";

const now = Date.UTC(2026, 10, 22) as Instant;
const year = 365 * 24 * 3_600_000;
const authority = anAuthority(now);

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 0, seed: 1, startTime: now, authority: authority.signer });
});
afterAll(async () => {
  expect(cluster.failures).toEqual([]);
  await cluster[Symbol.asyncDispose]();
});

const requests = () => cluster.client.resource(CertificateSigningRequestKind);
const nodeUsages: readonly Usage[] = ["digital signature", "client auth"];
interface Asked {
  readonly by?: UserInfo;
  readonly signer: string;
  readonly usages?: readonly Usage[];
  readonly request: string;
  readonly expirationSeconds?: number;
}

async function ask(name: string, { by, signer, usages = nodeUsages, request, ...more }: Asked) {
  const client = by === undefined ? cluster.client : cluster.as(by);
  const spec = { request: base64OfText(request), signerName: `kubernetes.io/${signer}`, usages, ...more };
  await client.resource(CertificateSigningRequestKind).create({ metadata: { name }, spec });
  await cluster.settle();
  return requests().get(name);
}

async function approve(name: string) {
  const request = await requests().get(name);
  const conditions = [{ type: "Approved", status: "True" as const, reason: "Test", message: "" }];
  await requests()
    .subresource(name, "approval")
    .update({ ...request, status: { ...request.status, conditions } });
  await cluster.settle();
  return requests().get(name);
}

const node = { commonName: "system:node:node-1", organizations: ["system:nodes"] };
const bootstrapper: UserInfo = { name: "system:bootstrap:abcdef", groups: ["system:bootstrappers", "system:authenticated"] };

test("a node that may join gets its client certificate, signed by the cluster's CA, without anybody's help", async () => {
  const bind = (name: string, kind: "Group" | "User", subject: string) =>
    cluster.client.resource(ClusterRoleBindingKind).create({
      metadata: { name: `${name}-${subject.replaceAll(":", "-")}` },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind, name: subject }],
    });
  await bind("system:certificates.k8s.io:certificatesigningrequests:nodeclient", "Group", "system:bootstrappers");
  await bind("system:node-bootstrapper", "Group", "system:bootstrappers");
  const { status } = await ask("join", { by: bootstrapper, signer: "kube-apiserver-client-kubelet", request: aRequestText(node) });
  expect(status.conditions).toMatchObject([
    { type: "Approved", reason: "AutoApproved", message: "Auto approving kubelet client certificate after SubjectAccessReview." },
  ]);
  const certificate = new X509Certificate(textOfBase64(status.certificate ?? ""));
  expect(certificate.verify(authority.publicKey)).toBe(true);
  expect([certificate.subject, certificate.keyUsage]).toEqual(["O=system:nodes\nCN=system:node:node-1", ["1.3.6.1.5.5.7.3.2"]]);
  expect(certificate.validToDate.getTime() - now).toBeGreaterThan(year - 3_600_000);
});

test("who may not join waits for a person; then the signer signs, for as long as was asked", async () => {
  const stranger: UserInfo = { name: "stranger", groups: ["system:masters"] };
  const other = { by: { ...stranger, groups: ["system:node-bootstrapper-only"] } };
  await cluster.client.resource(ClusterRoleBindingKind).create({
    metadata: { name: "stranger" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:node-bootstrapper" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "stranger" }],
  });
  const waiting = await ask("wait", {
    ...other,
    signer: "kube-apiserver-client-kubelet",
    request: aRequestText(node),
    expirationSeconds: 3600,
  });
  expect(waiting.status).toEqual({});
  const { status } = await approve("wait");
  const certificate = new X509Certificate(textOfBase64(status.certificate ?? ""));
  const [from, until] = [certificate.validFromDate, certificate.validToDate].map((date) => date.getTime() - now);
  expect([from! <= -5 * 60_000, until! >= 3_500_000 && until! <= 3_700_000]).toEqual([true, true]);
});

test.each([
  ["a person", { commonName: "ada", organizations: ["dev"] }, {}, "kube-apiserver-client", nodeUsages, undefined],
  [
    "a server's usage",
    { commonName: "ada" },
    {},
    "kube-apiserver-client",
    ["server auth"],
    "invalid usage for client certificate: server auth",
  ],
  [
    "no usage of clients",
    { commonName: "ada" },
    {},
    "kube-apiserver-client",
    ["digital signature"],
    "missing required usage for client certificate: client auth",
  ],
  [
    "no group of nodes",
    { commonName: "system:node:n" },
    {},
    "kube-apiserver-client-kubelet",
    nodeUsages,
    "subject organization is not system:nodes",
  ],
  [
    "a node with an address",
    node,
    { addresses: [Uint8Array.of(10, 0, 0, 1)] },
    "kube-apiserver-client-kubelet",
    nodeUsages,
    "IP subjectAltNames are not allowed",
  ],
  [
    "a node that serves",
    node,
    { addresses: [Uint8Array.of(10, 0, 0, 1)] },
    "kubelet-serving",
    ["digital signature", "key encipherment", "server auth"],
    undefined,
  ],
  [
    "a node that serves under no name",
    node,
    {},
    "kubelet-serving",
    ["digital signature", "server auth"],
    "DNS or IP subjectAltName is required",
  ],
  [
    "a node that serves and asks for more",
    node,
    { hostnames: ["n"] },
    "kubelet-serving",
    nodeUsages,
    "usages did not match [digital signature key encipherment server auth]",
  ],
] as const)(
  "of what was approved for %s the signer signs what it may, and says why not otherwise",
  async (what, subject, names, signer, usages, refusal) => {
    const name = what.replaceAll(" ", "-");
    await ask(name, { signer, usages, request: aRequestText(subject, names) });
    const { status } = await approve(name);
    if (refusal === undefined) expect(textOfBase64(status.certificate ?? "")).toContain("BEGIN CERTIFICATE");
    else {
      expect(status.certificate).toBeUndefined();
      expect(status.conditions?.[1]).toMatchObject({ type: "Failed", status: "True", reason: "SignerValidationFailure", message: refusal });
    }
  },
);

test("nobody is given system:masters, and nobody a certificate for a key that another holds", async () => {
  const admin = { commonName: "eve", organizations: ["system:masters"] };
  await expect(ask("admin", { signer: "kube-apiserver-client", request: aRequestText(admin) })).rejects.toMatchObject({
    code: 403,
    message:
      'certificatesigningrequests.certificates.k8s.io "admin" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
  });
  const forged = aRequestText({ commonName: "eve" }, {}, "of another key");
  await expect(ask("forged", { signer: "kube-apiserver-client", request: forged })).rejects.toMatchObject({
    code: 422,
    details: { causes: [{ field: "spec.request", reason: "FieldValueInvalid" }] },
  });
});
