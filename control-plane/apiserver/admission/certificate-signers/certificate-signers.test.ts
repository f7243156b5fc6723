import { CertificateSigningRequestKind, ClusterRoleBindingKind, ClusterRoleKind } from "@kubets/api";
import { expect, test } from "vitest";
import { asRead, type FixedReader } from "../../authorization/testing/fixed-reader.ts";
import { admit, cluster } from "../testing/admit.ts";

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
