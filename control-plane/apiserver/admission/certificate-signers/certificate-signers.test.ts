import {
  CertificateSigningRequestKind,
  ClusterRoleBindingKind,
  ClusterRoleKind,
  type ClusterTrustBundle,
  ClusterTrustBundleKind,
  type PodCertificateRequest,
  PodCertificateRequestKind,
} from "@kubets/api";
import { certificateRequestToSign, noAlternativeNames, objectIdentifiers, signedCertificate } from "@kubets/machinery/x509";
import { expect, test } from "vitest";
import { asRead, type FixedReader } from "../../authorization/testing/fixed-reader.ts";
import { admit, cluster } from "../testing/admit.ts";

/** A request for a certificate, in Base64 of its DER, for a key of no algorithm, signed by nobody. */
function anUnsignedRequest(): string {
  const publicKey = Uint8Array.of(0x30, 0x09, 0x30, 0x03, 0x06, 0x01, 0x2a, 0x03, 0x02, 0x00, 0x01);
  const asked = certificateRequestToSign({ subject: { commonName: "" }, publicKey, alternativeNames: noAlternativeNames });
  return btoa(String.fromCharCode(...signedCertificate(asked, objectIdentifiers.ed25519, Uint8Array.of(1))));
}

/** A cluster in which jane may do so for the signers of that name. */
function clusterWhere(verb: string, signer: string): FixedReader {
  const reader = cluster();
  const rules = [{ verbs: [verb], apiGroups: ["certificates.k8s.io"], resources: ["signers"], resourceNames: [signer] }];
  reader.put(ClusterRoleKind, { metadata: { name: "signer" }, rules });
  reader.put(ClusterRoleBindingKind, {
    metadata: { name: "signer" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "signer" },
    subjects: [{ kind: "User", name: "jane", apiGroup: "rbac.authorization.k8s.io" }],
  });
  return reader;
}

const request = (status: object = {}) =>
  asRead(CertificateSigningRequestKind, {
    metadata: { name: "web" },
    spec: { request: "", signerName: "example.com/web", usages: ["client auth"] },
    status,
  });
const change = (reader: FixedReader, subresource: "approval" | "status", status: object) =>
  admit(reader, CertificateSigningRequestKind, { operation: "UPDATE", subresource, previous: request(), object: request(status) });
const approved = { conditions: [{ type: "Approved", status: "True" }] };
const signed = { certificate: "c2lnbmVk" };

test.each(["example.com/web", "example.com/*"])("who may approve for %s may approve its requests, and no more", async (signer) => {
  const reader = clusterWhere("approve", signer);
  await change(reader, "approval", approved);
  await expect(change(reader, "status", signed)).rejects.toMatchObject({
    code: 403,
    message:
      'certificatesigningrequests.certificates.k8s.io "web" is forbidden: user not permitted to sign requests with signerName "example.com/web"',
  });
});

test("who may sign for a signer may write the certificate, and not approve", async () => {
  const reader = clusterWhere("sign", "example.com/web");
  await change(reader, "status", signed);
  await expect(change(reader, "approval", approved)).rejects.toThrow(
    'user not permitted to approve requests with signerName "example.com/web"',
  );
});

test("a right for one signer is none for another; a status that stays needs none", async () => {
  const reader = clusterWhere("approve", "example.com/other");
  await expect(change(reader, "approval", approved)).rejects.toMatchObject({ code: 403 });
  await change(reader, "status", {});
});

test("a bundle speaks for a signer only by who may attest for it; without a signer, by anybody", async () => {
  const bundle = (signerName?: string): ClusterTrustBundle =>
    asRead(ClusterTrustBundleKind, {
      metadata: { name: "a" },
      spec: { trustBundle: "", ...(signerName === undefined ? {} : { signerName }) },
    });
  const reader = clusterWhere("attest", "example.com/*");
  await admit(reader, ClusterTrustBundleKind, { object: bundle("example.com/web") });
  await admit(reader, ClusterTrustBundleKind, { object: bundle() });
  await expect(admit(reader, ClusterTrustBundleKind, { object: bundle("other.com/web") })).rejects.toMatchObject({
    code: 403,
    message: expect.stringContaining('user not permitted to attest for signerName "other.com/web"'),
  });
  // Nothing new is said.
  const owned = bundle("other.com/web");
  const collected = { ...owned, metadata: { ...owned.metadata, finalizers: ["a/b"] } };
  await admit(reader, ClusterTrustBundleKind, { operation: "UPDATE", previous: owned, object: collected });
});

test("who may sign for a signer decides about a Pod's request; a request must be signed by the key that it is for", async () => {
  const request = (status: object = {}): PodCertificateRequest =>
    asRead(PodCertificateRequestKind, {
      metadata: { name: "web", namespace: "shop" },
      spec: {
        ...{ signerName: "example.com/web", podName: "web", podUID: "1", serviceAccountName: "default", serviceAccountUID: "2" },
        ...{ nodeName: "node-1", nodeUID: "3", stubPKCS10Request: anUnsignedRequest() },
      },
      status,
    });
  const denied = { conditions: [{ type: "Denied", status: "True", reason: "No", lastTransitionTime: "2026-01-01T12:00:00Z" }] };
  const decide = (reader: FixedReader): Promise<PodCertificateRequest> =>
    admit(reader, PodCertificateRequestKind, { operation: "UPDATE", subresource: "status", previous: request(), object: request(denied) });
  await decide(clusterWhere("sign", "example.com/web"));
  await expect(decide(clusterWhere("approve", "example.com/web"))).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining('User "jane" is not permitted to "sign" for signer "example.com/web"'),
  });
  await expect(admit(cluster(), PodCertificateRequestKind, { object: request() })).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining("spec.stubPKCS10Request: Invalid value"),
  });
});
