import { SecretKind } from "@kubets/api";
import { base64OfText, type Instant, parseTime, type Peer, type Request } from "@kubets/machinery";
import { expect, test } from "vitest";
import { fixedReader } from "../authorization/testing/fixed-reader.ts";
import { authenticatorChain, bootstrapTokens } from "./index.ts";

const noon: Instant = parseTime("2026-11-21T12:00:00Z")!;
const nobody: Peer = { via: "network", address: "192.0.2.1" };
const withToken = (token: string): Request => ({ method: "GET", target: "/", headers: { authorization: `Bearer ${token}` } });

const right = {
  "token-id": "abcdef",
  "token-secret": "0123456789abcdef",
  expiration: "2026-11-21T13:00:00Z",
  "usage-bootstrap-authentication": "true",
  "auth-extra-groups": "system:bootstrappers:workers",
};

/** Who a token proves, when the Secret says so; the groups of whoever is let in, or why nobody is. */
async function groupsWith(
  data: Readonly<Record<string, string>>,
  { token = "abcdef.0123456789abcdef", metadata = {} } = {},
): Promise<unknown> {
  const reader = fixedReader();
  const encoded = Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64OfText(text)]));
  const named = { name: "bootstrap-token-abcdef", namespace: "kube-system", ...metadata };
  reader.put(SecretKind, { metadata: named, type: "bootstrap.kubernetes.io/token", data: encoded });
  const chain = authenticatorChain({ authenticators: [bootstrapTokens({ reader, clock: { now: () => noon } })] });
  return chain.authenticate(withToken(token), nobody).then(
    (user) => [user?.name, ...(user?.groups ?? [])],
    (error: { readonly reason: string }) => error.reason,
  );
}

test("who holds a token may begin to join", async () => {
  expect(await groupsWith(right)).toEqual([
    "system:bootstrap:abcdef",
    "system:bootstrappers",
    "system:bootstrappers:workers",
    "system:authenticated",
  ]);
});

test.each<readonly [string, Promise<unknown>]>([
  ["another secret", groupsWith(right, { token: "abcdef.0123456789abcdeg" })],
  ["a token nobody knows", groupsWith(right, { token: "fedcba.0123456789abcdef" })],
  ["something that is no such token", groupsWith(right, { token: "abcdef.0123" })],
  ["a token that has expired", groupsWith({ ...right, expiration: "2026-11-21T12:00:00Z" })],
  ["a token whose end can't be read", groupsWith({ ...right, expiration: "tomorrow" })],
  ["a token that is meant for signing only", groupsWith({ ...right, "usage-bootstrap-authentication": "false" })],
  ["a token with a group of others", groupsWith({ ...right, "auth-extra-groups": "system:masters" })],
  ["a token of another name", groupsWith({ ...right, "token-id": "fedcba" })],
  ["a token that is on its way out", groupsWith(right, { metadata: { deletionTimestamp: "2026-11-21T11:59:00Z" } })],
  ["a Secret of another namespace", groupsWith(right, { metadata: { namespace: "default" } })],
])("%s lets nobody in", async (_what, outcome) => {
  expect(await outcome).toBe("Unauthorized");
});
