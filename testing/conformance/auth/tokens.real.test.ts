import { createPublicKey, verify } from "node:crypto";
import { expect } from "vitest";
import { withNode } from "../network/peers.ts";
import { test } from "../real-node.ts";
import { wholeCluster } from "../whole-cluster.ts";

const cluster = wholeCluster();
const well = "/var/run/secrets/kubernetes.io/serviceaccount";

interface Key {
  readonly kid: string;
  readonly alg: string;
}

test("AU-002 the cluster's keys, as anyone may read them, show that a Pod's token is its own", async () => {
  const namespace = await cluster.namespace();
  const token = (await cluster.output(namespace, { script: `cat ${well}/token` })).trim();
  const [head = "", claims = "", signature = ""] = token.split(".");
  const read = <T>(part: string): T => JSON.parse(Buffer.from(part, "base64url").toString()) as T;
  const { issuer } = JSON.parse((await cluster.get("/.well-known/openid-configuration")).text) as { readonly issuer: string };
  const { keys } = JSON.parse((await cluster.get("/openid/v1/jwks")).text) as { readonly keys: readonly Key[] };
  const { kid, alg } = read<Key>(head);
  expect(read<{ readonly iss: string; readonly sub: string }>(claims)).toMatchObject({
    iss: issuer,
    sub: `system:serviceaccount:${namespace}:default`,
  });
  const jwk = keys.find((key) => key.kid === kid)!;
  expect(jwk.alg).toBe(alg);
  const key = createPublicKey({ key: jwk as never, format: "jwk" });
  const signed = Buffer.from(`${head}.${claims}`);
  const options = alg.startsWith("ES") ? { key, dsaEncoding: "ieee-p1363" as const } : key;
  expect(verify("sha256", signed, options, Buffer.from(signature, "base64url"))).toBe(true);
});

test("AU-006 token, certificate and namespace lie where every client looks for them, and the API server knows the token", async () => {
  const namespace = await cluster.namespace();
  // As any client library does it.
  const program = `
    const { readFileSync } = require("fs");
    const read = (file) => readFileSync("${well}/" + file, "utf8");
    const asked = "https://kubernetes.default.svc/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const headers = { authorization: "Bearer " + read("token"), "content-type": "application/json" };
    require("https").request(asked, { method: "POST", ca: read("ca.crt"), headers }, (answer) => {
      console.log(read("namespace"));
      answer.pipe(process.stdout);
    }).end(JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" }));`;
  const [ownNamespace = "", answer = ""] = (await cluster.output(namespace, withNode(program))).split("\n");
  expect(ownNamespace).toBe(namespace);
  expect(JSON.parse(answer)).toMatchObject({ status: { userInfo: { username: `system:serviceaccount:${namespace}:default` } } });
});

test("AU-007 a volume holds a token for whoever it is meant for", async () => {
  const volume = { projected: { sources: [{ serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 600 } }] } };
  const token = (await cluster.output(await cluster.namespace(), { script: "cat /v/token", volume })).trim();
  const claims = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()) as { readonly aud: readonly string[] };
  expect(claims.aud).toEqual(["vault"]);
});
