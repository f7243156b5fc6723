import { createPublicKey, createVerify, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { NodeKind, PodKind, SecretKind, ServiceAccountKind, type TokenRequest, TokenRequestKind, TokenReviewKind } from "@kubets/api";
import {
  decodeBase64Url,
  encodeBase64Url,
  type Instant,
  parseTime,
  type Peer,
  type Request,
  seededRandom,
  type SigningKey,
  unauthorized,
} from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { writerInto } from "../admission/testing/admit.ts";
import { asRead, type FixedReader, fixedReader } from "../authorization/testing/fixed-reader.ts";
import type { Authenticator } from "../contracts.ts";
import { authenticatorChain, clientCertificate, inProcess, serviceAccountTokens, type ServiceAccountTokens } from "./index.ts";
import { keySet, openidConfiguration } from "./openid.ts";
import { answerTokenReview } from "./reviews.ts";
import { answerTokenRequest } from "./token-request.ts";

const noon = parseTime("2026-11-21T12:00:00Z")!;
const issuer = "https://kubernetes.default.svc.cluster.local";
const nobody: Peer = { via: "network", address: "192.0.2.1" };
const withToken = (token: string): Request => ({ method: "GET", target: "/", headers: { authorization: `Bearer ${token}` } });
const bare: Request = { method: "GET", target: "/", headers: {} };

function signingKey(id = "first"): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return signingKeyOf(id, privateKey, publicKey);
}

function signingKeyOf(id: string, privateKey: KeyObject, publicKey: KeyObject): SigningKey {
  return {
    id,
    algorithm: "ES256",
    publicJwk: publicKey.export({ format: "jwk" }) as Readonly<Record<string, string>>,
    sign: async (data) => sign("sha256", data, { key: privateKey, dsaEncoding: "ieee-p1363" }),
    verify: async (data, signature) => verify("sha256", data, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature),
  };
}

interface World {
  readonly reader: FixedReader;
  readonly tokens: ServiceAccountTokens;
  advance(seconds: number): void;
}

function world(key: SigningKey = signingKey()): World {
  const reader = fixedReader();
  reader.put(ServiceAccountKind, { metadata: { name: "builder", namespace: "ci", uid: "sa-1" } });
  reader.put(NodeKind, { metadata: { name: "n1", uid: "node-1" } });
  reader.put(SecretKind, { metadata: { name: "lease", namespace: "ci", uid: "secret-1" } });
  reader.put(PodKind, {
    metadata: { name: "job", namespace: "ci", uid: "pod-1" },
    spec: { serviceAccountName: "builder", nodeName: "n1", containers: [{ name: "main", image: "main:1" }] },
  });
  let now: Instant = noon;
  const tokens = serviceAccountTokens({
    keys: [key],
    issuer,
    audiences: [issuer],
    reader,
    writer: writerInto(reader),
    clock: { now: () => now },
    random: seededRandom(1),
  });
  return { reader, tokens, advance: (seconds) => void (now = (now + seconds * 1000) as Instant) };
}

function ask({ tokens, reader }: World, spec: Partial<TokenRequest["spec"]> = {}): Promise<TokenRequest> {
  const request = asRead(TokenRequestKind, { metadata: {}, spec: { ...spec } });
  return answerTokenRequest(request, { namespace: "ci", name: "builder" }, { tokens, reader, dryRun: false });
}
const tokenOf = async (answer: Promise<TokenRequest>): Promise<string> => (await answer).status.token!;
const podReference = { apiVersion: "v1", kind: "Pod", name: "job" } as const;

describe("the chain", () => {
  const knows = (name: string): Authenticator => ({ name, authenticate: async () => ({ name, groups: [] }) });
  const refuses: Authenticator = {
    name: "refuses",
    authenticate: async () => {
      throw unauthorized();
    },
  };

  test("a caller without credentials is anonymous", async () => {
    expect(await authenticatorChain({ authenticators: [inProcess(), clientCertificate()] }).authenticate(bare, nobody)).toEqual({
      name: "system:anonymous",
      groups: ["system:unauthenticated"],
    });
  });

  test("a bearer token that nobody knows is 401, not anonymous", async () => {
    const chain = authenticatorChain({ authenticators: [clientCertificate()] });
    await expect(chain.authenticate(withToken("unknown"), nobody)).rejects.toMatchObject({ code: 401, message: "Unauthorized" });
  });

  test("good credentials count although others that came along are bad", async () => {
    const chain = authenticatorChain({ authenticators: [refuses, knows("jane")] });
    expect(await chain.authenticate(bare, nobody)).toEqual({ name: "jane", groups: ["system:authenticated"] });
  });

  test("where anonymous callers aren't let in, they are 401", async () => {
    await expect(authenticatorChain({ authenticators: [], anonymous: false }).authenticate(bare, nobody)).rejects.toMatchObject({
      code: 401,
    });
  });

  test("a client certificate names the user, its organizations are the groups", async () => {
    const certificate = { commonName: "jane", organizations: ["dev", "ops"], fingerprint: "ab12" };
    expect(await authenticatorChain({ authenticators: [clientCertificate()] }).authenticate(bare, { ...nobody, certificate })).toEqual({
      name: "jane",
      groups: ["dev", "ops", "system:authenticated"],
      extra: { "authentication.kubernetes.io/credential-id": ["X509SHA256=ab12"] },
    });
  });

  test("parts of the process are who they were made to be", async () => {
    const user = { name: "system:kube-scheduler", groups: [] };
    const chain = authenticatorChain({ authenticators: [inProcess()] });
    expect(await chain.authenticate(bare, { via: "in-process", user })).toEqual({ name: user.name, groups: ["system:authenticated"] });
  });
});

describe("tokens of service accounts", () => {
  test("a token for a Pod makes its bearer the service account, on that Pod and node", async () => {
    const { tokens, ...rest } = world();
    const token = await tokenOf(ask({ tokens, ...rest }, { boundObjectRef: podReference }));
    expect(await tokens.authenticate(withToken(token), nobody)).toEqual({
      name: "system:serviceaccount:ci:builder",
      uid: "sa-1",
      groups: ["system:serviceaccounts", "system:serviceaccounts:ci"],
      extra: {
        "authentication.kubernetes.io/credential-id": [expect.stringMatching(/^JTI=[0-9a-f-]{36}$/)],
        "authentication.kubernetes.io/node-name": ["n1"],
        "authentication.kubernetes.io/node-uid": ["node-1"],
        "authentication.kubernetes.io/pod-name": ["job"],
        "authentication.kubernetes.io/pod-uid": ["pod-1"],
      },
    });
  });

  test("what a token says is what other verifiers read", async () => {
    const token = await tokenOf(ask(world(), { boundObjectRef: podReference, expirationSeconds: 600, audiences: ["vault"] }));
    const [header, claims] = token.split(".", 2).map((part) => JSON.parse(Buffer.from(part, "base64url").toString()) as unknown);
    expect([header, claims]).toEqual([
      { alg: "ES256", kid: "first" },
      {
        aud: ["vault"],
        exp: noon / 1000 + 600,
        iat: noon / 1000,
        iss: issuer,
        jti: expect.any(String),
        "kubernetes.io": {
          namespace: "ci",
          node: { name: "n1", uid: "node-1" },
          pod: { name: "job", uid: "pod-1" },
          serviceaccount: { name: "builder", uid: "sa-1" },
        },
        nbf: noon / 1000,
        sub: "system:serviceaccount:ci:builder",
      },
    ]);
  });

  test.each<[string, (w: World) => void]>([
    ["its time is over", (w) => w.advance(3600 + 61)],
    ["the service account is gone", (w) => w.reader.remove(ServiceAccountKind, "ci", "builder")],
    [
      "the service account was made anew",
      (w) => void w.reader.put(ServiceAccountKind, { metadata: { name: "builder", namespace: "ci", uid: "sa-2" } }),
    ],
    ["its Pod is gone", (w) => w.reader.remove(PodKind, "ci", "job")],
    [
      "its service account has been waiting for its deletion for long",
      (w) =>
        void w.reader.put(ServiceAccountKind, {
          metadata: { name: "builder", namespace: "ci", uid: "sa-1", deletionTimestamp: "2026-11-21T11:58:59Z" },
        }),
    ],
  ])("a token is void when %s", async (_, happens) => {
    const w = world();
    const token = await tokenOf(ask(w, { boundObjectRef: podReference }));
    await w.tokens.authenticate(withToken(token), nobody);
    happens(w);
    await expect(w.tokens.authenticate(withToken(token), nobody)).rejects.toMatchObject({ code: 401 });
  });

  test("a token that is renewed at its end has a minute, for clocks that differ", async () => {
    const w = world();
    const token = await tokenOf(ask(w));
    w.advance(3600 + 59);
    expect((await w.tokens.authenticate(withToken(token), nobody))?.uid).toBe("sa-1");
  });

  test("a forged token of ours is 401, one of another issuer isn't ours to judge", async () => {
    const [ours, theirs] = [world(), world(signingKey("theirs"))];
    const forged = await tokenOf(ask(theirs));
    await expect(ours.tokens.authenticate(withToken(forged), nobody)).rejects.toMatchObject({ code: 401 });
    const foreign = `${encodeBase64Url(Buffer.from('{"alg":"ES256"}'))}.${encodeBase64Url(Buffer.from('{"iss":"https://elsewhere"}'))}.AAAA`;
    expect([
      await ours.tokens.authenticate(withToken(foreign), nobody),
      await ours.tokens.authenticate(withToken("opaque"), nobody),
    ]).toEqual([undefined, undefined]);
  });

  test("the token can't choose that it isn't signed", async () => {
    const w = world();
    const [, claims] = (await tokenOf(ask(w))).split(".");
    const unsigned = `${encodeBase64Url(Buffer.from('{"alg":"none"}'))}.${claims}.`;
    await expect(w.tokens.authenticate(withToken(unsigned), nobody)).rejects.toMatchObject({ code: 401 });
  });

  test("a token for others opens nothing here", async () => {
    const w = world();
    const token = await tokenOf(ask(w, { audiences: ["vault"] }));
    await expect(w.tokens.authenticate(withToken(token), nobody)).rejects.toMatchObject({ code: 401 });
    expect((await w.tokens.authenticateToken(token, ["vault", "other"]))?.audiences).toEqual(["vault"]);
  });

  test("a replaced key still verifies what it signed", async () => {
    const old = signingKey("old");
    const before = world(old);
    const token = await tokenOf(ask(before));
    const after = serviceAccountTokens({
      keys: [signingKey("new"), old],
      issuer,
      audiences: [issuer],
      reader: before.reader,
      writer: writerInto(before.reader),
      clock: { now: () => noon },
      random: seededRandom(2),
    });
    expect((await after.authenticate(withToken(token), nobody))?.name).toBe("system:serviceaccount:ci:builder");
  });

  test("browsers send the token as a websocket protocol", async () => {
    const w = world();
    const token = await tokenOf(ask(w));
    const protocol = `base64url.bearer.authorization.k8s.io.${encodeBase64Url(Buffer.from(token))}`;
    const request = { ...bare, headers: { "sec-websocket-protocol": `v5.channel.k8s.io, ${protocol}` } };
    expect((await w.tokens.authenticate(request, nobody))?.uid).toBe("sa-1");
  });
});

describe("requests for tokens", () => {
  test("the token that projected volumes ask for lives a year, and is to be renewed after an hour", async () => {
    const w = world();
    const { status } = await ask(w, { expirationSeconds: 3607 });
    w.advance(300 * 24 * 3600);
    expect([status.expirationTimestamp, (await w.tokens.authenticate(withToken(status.token!), nobody))?.uid]).toEqual([
      "2026-11-21T13:00:07Z",
      "sa-1",
    ]);
  });

  test.each([
    [
      599,
      'TokenRequest.authentication.k8s.io "builder" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    ],
    [
      2 ** 32 + 1,
      'TokenRequest.authentication.k8s.io "builder" is invalid: spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
    ],
  ])("%i seconds are refused", async (expirationSeconds, message) => {
    await expect(ask(world(), { expirationSeconds })).rejects.toMatchObject({ code: 422, message });
  });

  test.each([
    [{ ...podReference, name: "nobody" }, 404, 'pods "nobody" not found'],
    [{ ...podReference, uid: "other" }, 409, /the UID in the bound object reference \(other\) does not match the UID in record/],
    [{ apiVersion: "v1", kind: "ConfigMap", name: "x" }, 400, "cannot bind token to object of type v1, Kind=ConfigMap"],
  ])("it can't be bound to %o", async (boundObjectRef, code, message) => {
    await expect(ask(world(), { boundObjectRef })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("a Pod of another service account lends its life to no token", async () => {
    const w = world();
    w.reader.put(PodKind, {
      metadata: { name: "job", namespace: "ci" },
      spec: { serviceAccountName: "other", containers: [{ name: "main", image: "main:1" }] },
    });
    await expect(ask(w, { boundObjectRef: podReference })).rejects.toMatchObject({
      code: 400,
      message: 'cannot bind token for serviceaccount "builder" to pod running with different serviceaccount name.',
    });
  });

  test("a token bound to a Secret ends with the Secret", async () => {
    const w = world();
    const token = await tokenOf(ask(w, { boundObjectRef: { apiVersion: "v1", kind: "Secret", name: "lease" } }));
    expect((await w.tokens.authenticate(withToken(token), nobody))?.uid).toBe("sa-1");
    w.reader.remove(SecretKind, "ci", "lease");
    await expect(w.tokens.authenticate(withToken(token), nobody)).rejects.toMatchObject({ code: 401 });
  });
});

describe("reviews", () => {
  const review = async (w: World, token: string, audiences?: readonly string[]): Promise<unknown> => {
    const asked = asRead(TokenReviewKind, { metadata: {}, spec: { token, ...(audiences === undefined ? {} : { audiences }) } });
    return (await answerTokenReview(asked, { authenticate: w.tokens.authenticateToken, defaultAudiences: [issuer] })).status;
  };

  test("a TokenReview says whose token it is", async () => {
    const w = world();
    expect(await review(w, await tokenOf(ask(w)))).toMatchObject({
      authenticated: true,
      audiences: [issuer],
      user: {
        username: "system:serviceaccount:ci:builder",
        uid: "sa-1",
        groups: ["system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated"],
      },
    });
  });

  test("a TokenReview of a bad token says no, it doesn't fail", async () => {
    const w = world();
    const token = await tokenOf(ask(w));
    expect([await review(w, "unknown"), await review(w, token, ["vault"])]).toEqual([
      { user: {}, error: "invalid bearer token" },
      { user: {}, error: "invalid bearer token" },
    ]);
  });
});

test("others verify our tokens with the published keys", async () => {
  const key = signingKey();
  const token = await tokenOf(ask(world(key)));
  const [published] = (keySet([key]) as { readonly keys: readonly Readonly<Record<string, string>>[] }).keys;
  const [header, claims, signature] = token.split(".");
  const verifier = createVerify("sha256").update(`${header}.${claims}`);
  const publicKey = createPublicKey({ key: published!, format: "jwk" });
  expect(verifier.verify({ key: publicKey, dsaEncoding: "ieee-p1363" }, Buffer.from(signature!, "base64url"))).toBe(true);
  expect(openidConfiguration({ issuer, jwksUri: `${issuer}/openid/v1/jwks`, keys: [key] })).toEqual({
    issuer,
    jwks_uri: `${issuer}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  });
});

test.each([0, 1, 2, 3, 4, 5, 255])("base64url of %i bytes reads back, and is Node's", (length) => {
  const bytes = seededRandom(length).bytes(length);
  const text = encodeBase64Url(bytes);
  expect([text, decodeBase64Url(text)]).toEqual([Buffer.from(bytes).toString("base64url"), bytes]);
});

test.each(["A", "AB=", "A+/A", "AB", "A A"])("%j is no base64url", (text) => {
  expect(decodeBase64Url(text)).toBeUndefined();
});
