import { CertificateSigningRequestKind } from "@kubets/api";
import { expect, test } from "vitest";
import { exerciseOperations } from "../api-operations.ts";
import { conformanceCluster } from "../conformance-cluster.ts";

const cluster = conformanceCluster();

/** A PKCS#10 request of the name `e2e.example.com` with a P-256 key, which nobody has kept. */
const request = `-----BEGIN CERTIFICATE REQUEST-----
MIHUMHwCAQAwGjEYMBYGA1UEAwwPZTJlLmV4YW1wbGUuY29tMFkwEwYHKoZIzj0C
AQYIKoZIzj0DAQcDQgAEbDkwareAZl9gWA8Se2h5K1qcS1KA8UNJ/mfC4LU3aiBM
+3+0KikxWgu8x4hsLrzj89f7GYd5iwJA8Owmp2KudqAAMAoGCCqGSM49BAMCA0gA
MEUCIQDkShTqxqv6TnyMq22Bd1yDFQWT5my4jwKCaDpH3tLvhwIgfTjnjiIy8uaO
D2atoajlw7czuwwNh2brjqv6EPaxvnA=
-----END CERTIFICATE REQUEST-----
`;

test("AU-001 CertificateSigningRequests take every operation, and their approval and status read, update and patch", async () => {
  const requests = cluster.client.resource(CertificateSigningRequestKind);
  const spec = { request: btoa(request), signerName: "example.com/conformance", usages: ["client auth" as const] };
  await exerciseOperations(cluster, requests, { run: "au-001", draft: (metadata) => ({ metadata, spec }) });
  const { metadata } = await requests.create({ metadata: { name: "mine" }, spec });
  const condition = (type: string) => ({ type, status: "True" as const, reason: "E2E", message: "Set by a conformance test" });
  const read = (await requests.subresource("mine", "approval").get()) as Awaited<ReturnType<typeof requests.get>>;
  expect(read.metadata.uid).toBe(metadata.uid);
  await requests.subresource("mine", "approval").update({ ...read, status: { conditions: [condition("Approved")] } });
  await requests.patch("mine", { metadata: { annotations: { approved: "yes" } } }, { type: "merge", subresource: "approval" });
  const approved = await requests.get("mine");
  expect(approved.status.conditions).toMatchObject([{ type: "Approved" }]);
  const conditions = [...(approved.status.conditions ?? []), condition("StatusUpdate")];
  await requests.updateStatus({ ...approved, status: { ...approved.status, conditions } });
  const patch = { status: { conditions: [...conditions, condition("StatusPatched")] } };
  await requests.patch("mine", patch, { type: "merge", subresource: "status" });
  const typesOf = (await requests.get("mine")).status.conditions?.map(({ type }) => type);
  expect(typesOf).toEqual(["Approved", "StatusUpdate", "StatusPatched"]);
  await requests.delete("mine");
});
