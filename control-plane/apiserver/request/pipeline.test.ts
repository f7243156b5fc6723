import { unauthorized, type UserInfo } from "@kubets/machinery";
import { expect, test } from "vitest";
import type { AuthorizationAttributes, Authorizer, Endpoint } from "../contracts.ts";
import { startTestServer } from "../testing/test-server.ts";
import type { AuditEvent } from "./audit.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const alice: UserInfo = { name: "alice", groups: ["team"] };

const nobody = { authenticators: [] };
const isAlice = { authenticators: [{ name: "alice", authenticate: async (): Promise<UserInfo> => alice }] };
const only = (allows: (attributes: AuthorizationAttributes) => boolean): { readonly authorizer: Authorizer } => ({
  authorizer: {
    name: "only",
    authorize: async (attributes) => (allows(attributes) ? { decision: "allow", reason: "" } : { decision: "no opinion", reason: "" }),
  },
});

test("a caller without credentials is anonymous, one with bad credentials is turned away", async () => {
  const bad = {
    authenticators: [
      {
        name: "none",
        authenticate: async (): Promise<UserInfo> => {
          throw unauthorized("the token has expired");
        },
      },
    ],
  };
  await using open = await startTestServer({ parts: { ...nobody, ...only(() => false) } });
  expect((await open.send("GET", configMaps)).json.message).toBe(
    'configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace "default"',
  );
  await using closed = await startTestServer({ parts: bad });
  expect((await closed.send("GET", configMaps)).json).toMatchObject({ code: 401, reason: "Unauthorized", message: "Unauthorized" });
});

test.each([
  [
    "GET",
    `${configMaps}/a`,
    'configmaps "a" is forbidden: User "alice" cannot get resource "configmaps" in API group "" in the namespace "default"',
  ],
  [
    "GET",
    "/apis/apps/v1/deployments",
    'deployments.apps is forbidden: User "alice" cannot list resource "deployments" in API group "apps" at the cluster scope',
  ],
  [
    "PUT",
    "/apis/apps/v1/namespaces/x/deployments/a/scale",
    'deployments.apps "a" is forbidden: User "alice" cannot update resource "deployments/scale" in API group "apps" in the namespace "x"',
  ],
  [
    "GET",
    "/api/v1/namespaces",
    'namespaces is forbidden: User "alice" cannot list resource "namespaces" in API group "" at the cluster scope',
  ],
  ["GET", "/version", 'forbidden: User "alice" cannot get path "/version"'],
])("%s %s is refused in upstream's words", async (method, target, message) => {
  await using world = await startTestServer({ parts: { ...isAlice, ...only(() => false) } });
  expect((await world.send(method, target)).json).toMatchObject({ code: 403, reason: "Forbidden", message });
});

test("who may impersonate acts as someone else, with the groups that were asked for", async () => {
  const events: AuditEvent[] = [];
  const seen: UserInfo[] = [];
  const parts = {
    ...isAlice,
    ...only(({ user, verb }) => (seen.push(user), verb === "impersonate" ? user.name === "alice" : user.name === "bob")),
  };
  await using world = await startTestServer({ parts, audit: { record: (event) => void events.push(event) } });
  const headers = { "impersonate-user": "bob", "impersonate-group": "dev", "impersonate-extra-scopes": "read", "impersonate-uid": "7" };
  expect((await world.send("GET", configMaps, { headers })).status).toBe(200);
  expect(seen.at(-1)).toEqual({ name: "bob", uid: "7", groups: ["dev", "system:authenticated"], extra: { scopes: ["read"] } });
  expect(events.map(({ stage, user, impersonated, code }) => [stage, user.name, impersonated?.name, code])).toEqual([
    ["RequestReceived", "alice", undefined, undefined],
    ["ResponseComplete", "alice", "bob", 200],
  ]);
});

test("who may not impersonate is refused", async () => {
  await using world = await startTestServer({ parts: { ...isAlice, ...only(({ verb }) => verb !== "impersonate") } });
  const refused = await world.send("GET", configMaps, { headers: { "impersonate-user": "bob" } });
  expect(refused.json).toMatchObject({
    code: 403,
    message: 'users "bob" is forbidden: User "alice" cannot impersonate resource "users" in API group "" at the cluster scope',
  });
  const nameless = await world.send("GET", configMaps, { headers: { "impersonate-group": "dev" } });
  expect(nameless.json.code).toBe(400);
});

test("an impersonated service account belongs to the groups of its namespace", async () => {
  const asked: (AuthorizationAttributes["resource"] & object)[] = [];
  const seen: UserInfo[] = [];
  const parts = {
    ...isAlice,
    ...only(({ user, verb, resource }) => (verb === "impersonate" ? asked.push(resource!) : seen.push(user), true)),
  };
  await using world = await startTestServer({ parts });
  await world.send("GET", configMaps, { headers: { "impersonate-user": "system:serviceaccount:team:bot" } });
  expect(asked).toMatchObject([{ resource: "serviceaccounts", namespace: "team", name: "bot" }]);
  expect(seen.at(-1)?.groups).toEqual(["system:serviceaccounts", "system:serviceaccounts:team", "system:authenticated"]);
});

test("a flood is told to come back", async () => {
  const held = Promise.withResolvers<void>();
  const slow: Endpoint = async () => {
    await held.promise;
    return { status: 200, headers: {}, body: { kind: "bytes", bytes: () => new Uint8Array() } };
  };
  const resourceEndpoints = [{ group: "", resource: "slow", subresource: "", endpoint: slow }];
  await using world = await startTestServer({ parts: { resourceEndpoints }, limits: { reading: 2, mutating: 1 } });
  const under = [world.send("GET", "/api/v1/slow"), world.send("GET", "/api/v1/slow")];
  const third = await world.send("GET", "/api/v1/slow");
  expect(third).toMatchObject({ status: 429, headers: { "retry-after": "1" } });
  expect(third.json).toMatchObject({ reason: "TooManyRequests", message: "Too many requests, please try again later." });
  // Reading and writing don't take each other's places; paths without resources need none.
  expect((await world.send("POST", configMaps, { body: { metadata: { name: "a" } } })).status).toBe(201);
  expect((await world.send("GET", "/livez")).status).toBe(200);
  held.resolve();
  expect((await Promise.all(under)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await world.send("GET", configMaps)).status).toBe(200);
});

test("a fault of the server is a Status, logged once, without a stack", async () => {
  const broken: Endpoint = async () => {
    throw new TypeError("x is undefined");
  };
  await using world = await startTestServer({ parts: { pathEndpoints: [{ path: "/broken", endpoint: broken }] } });
  const answer = await world.send("GET", "/broken", { headers: { "audit-id": "the-id" } });
  expect(answer).toMatchObject({ status: 500, headers: { "audit-id": "the-id", "content-type": "application/json" } });
  expect(answer.json).toEqual({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "Internal error occurred: x is undefined",
    reason: "InternalError",
    details: { causes: [{ message: "x is undefined" }] },
    code: 500,
  });
  expect(world.logged.filter(({ level }) => level === "error")).toMatchObject([
    { fields: { auditId: "the-id", method: "GET", target: "/broken", user: "admin" } },
  ]);
});

test("warnings reach the client once each, quoted", async () => {
  const admission = [
    {
      name: "Warner",
      async validate({ warn }: { warn(text: string): void }): Promise<void> {
        warn('say "hello"');
        warn('say "hello"');
        warn("two\nlines");
      },
    },
  ];
  await using world = await startTestServer({ parts: { admission } });
  const { headers } = await world.send("POST", configMaps, { body: { metadata: { name: "a" } } });
  expect(headers.warning).toBe('299 - "say \\"hello\\"", 299 - "two lines"');
});

test("the cause of a write is kept with its revision: who says so is the server's to know", async () => {
  await using world = await startTestServer();
  const headers = { "kubets-cause": "actor=deployment;revision=3;user=mallory", traceparent: `00-${"ab".repeat(16)}-${"cd".repeat(8)}-01` };
  await world.send("POST", configMaps, { body: { metadata: { name: "a" } }, headers });
  const entry = await world.store.get("/registry/configmaps/default/a");
  expect(entry?.cause).toEqual({ user: "admin", actor: "deployment", revision: 3, trace: "ab".repeat(16) });
});

test("stored bytes carry no revision and begin with what they are", async () => {
  await using world = await startTestServer();
  await world.send("POST", configMaps, { body: { data: { b: "2" }, metadata: { labels: { z: "1" }, name: "a" } } });
  const entry = await world.store.get("/registry/configmaps/default/a");
  const text = new TextDecoder().decode(entry?.value);
  expect(text).toMatch(/^\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{"name":"a","namespace":"default","uid":"/);
  expect(text).not.toContain("resourceVersion");
});
