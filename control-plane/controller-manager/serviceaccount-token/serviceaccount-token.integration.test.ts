import { type Secret, SecretKind, ServiceAccountKind, TokenReviewKind } from "@kubets/api";
import { base64OfText, type Instant, isStatus, textOfBase64 } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 0, seed: 1, startTime: Date.UTC(2026, 10, 22) as Instant, rootCertificate: "PEM" });
});
afterAll(async () => {
  expect(cluster.failures).toEqual([]);
  await cluster[Symbol.asyncDispose]();
});

const secrets = () => cluster.client.resource(SecretKind).in("default");
const accounts = () => cluster.client.resource(ServiceAccountKind).in("default");

async function tokenSecret(name: string, account: string, annotations: Readonly<Record<string, string>> = {}): Promise<Secret | undefined> {
  const metadata = { name, annotations: { "kubernetes.io/service-account.name": account, ...annotations } };
  await secrets().create({ metadata, type: "kubernetes.io/service-account-token" });
  await cluster.settle();
  return secretNamed(name);
}

async function secretNamed(name: string): Promise<Secret | undefined> {
  try {
    return await secrets().get(name);
  } catch (error) {
    if (isStatus(error, "NotFound")) return undefined;
    throw error;
  }
}

async function review(token: string) {
  const answer = await cluster.client.resource(TokenReviewKind).create({ metadata: { name: "" }, spec: { token } });
  return answer.status;
}

test("a Secret that asks for a token of an account gets one, and the token is the account's as long as both are there", async () => {
  const { metadata: account } = await accounts().create({ metadata: { name: "robot" } });
  const secret = await tokenSecret("robot-token", "robot");
  expect(secret).toMatchObject({
    metadata: { annotations: { "kubernetes.io/service-account.uid": account.uid } },
    data: { "ca.crt": base64OfText("PEM"), namespace: base64OfText("default") },
  });
  const token = textOfBase64(secret?.data?.["token"] ?? "");
  expect(await review(token)).toMatchObject({
    authenticated: true,
    user: {
      username: "system:serviceaccount:default:robot",
      uid: account.uid,
      groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
    },
  });
  expect((await secrets().get("robot-token")).metadata.labels).toEqual({ "kubernetes.io/legacy-token-last-used": "2026-11-22" });

  await secrets().patch("robot-token", { data: { "ca.crt": null } }, { type: "merge" });
  await cluster.settle();
  expect((await secrets().get("robot-token")).data).toEqual(secret?.data);

  await accounts().delete("robot");
  await cluster.settle();
  expect(await secretNamed("robot-token")).toBeUndefined();
  expect((await review(token)).authenticated).not.toBe(true);
});

test("a token that was marked as unused is refused until the mark is taken away", async () => {
  await accounts().create({ metadata: { name: "idle" } });
  const token = textOfBase64((await tokenSecret("idle-token", "idle"))?.data?.["token"] ?? "");
  const mark = (since: string | null) =>
    secrets().patch("idle-token", { metadata: { labels: { "kubernetes.io/legacy-token-invalid-since": since } } }, { type: "merge" });
  await mark("2026-11-22");
  expect((await review(token)).authenticated).not.toBe(true);
  await mark(null);
  expect((await review(token)).authenticated).toBe(true);
});

test.each([
  ["of an account that isn't there", "nobody", {}],
  ["of an account that was made anew since", "default", { "kubernetes.io/service-account.uid": "of the old one" }],
])("a Secret for a token %s goes", async (_, account, annotations) => {
  expect(await tokenSecret("stray", account, annotations)).toBeUndefined();
});

test("a token that somebody else wrote into a Secret proves nothing", async () => {
  await accounts().create({ metadata: { name: "victim" } });
  const own = textOfBase64((await tokenSecret("own", "victim"))?.data?.["token"] ?? "");
  const [header = "", claims = "", signature = ""] = own.split(".");
  const forged = `${header}.${claims.slice(0, -2)}AA.${signature}`;
  await secrets().patch("own", { data: { token: base64OfText(forged) } }, { type: "merge" });
  expect((await review(forged)).authenticated).not.toBe(true);
  expect((await review(own)).authenticated).not.toBe(true);
});
