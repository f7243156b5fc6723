import { type Peer, seededRandom, type UserInfo } from "@kubets/machinery";
import { createSigningKey, signatureVerifier } from "@kubets/machinery/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeUser } from "../authentication/users.ts";
import { standardParts } from "../index.ts";
import { type Answer, noon, startTestServer, type TestServer } from "../testing/test-server.ts";

let server: TestServer;
beforeAll(async () => {
  const clock = { now: () => noon, monotonic: () => 0, after: () => ({ due: noon, [Symbol.dispose]() {} }) };
  server = await startTestServer({
    parts: standardParts({
      clock,
      random: seededRandom(5),
      signingKeys: [createSigningKey()],
      signatures: signatureVerifier,
      issuer: "https://kubernetes.default.svc",
    }),
  });
  await server.server.ready();
  const post = (target: string, body: unknown): Promise<Answer> => send(root, "POST", target, body);
  await post("/api/v1/namespaces", { metadata: { name: "shop" } });
  await post(`${rbacGroup}/namespaces/shop/roles`, {
    metadata: { name: "deployer" },
    rules: [{ verbs: ["create", "get"], apiGroups: ["apps"], resources: ["deployments"] }],
  });
  await post(`${rbacGroup}/namespaces/shop/rolebindings`, {
    metadata: { name: "deployers" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "deployer" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "deployers" }],
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const rbacGroup = "/apis/rbac.authorization.k8s.io/v1";
const root: UserInfo = { name: "root", groups: ["system:masters", "system:authenticated"] };
const jane: UserInfo = { name: "jane", groups: ["deployers", "system:authenticated"] };

function send(user: UserInfo, method: string, target: string, body?: unknown): Promise<Answer> {
  const peer: Peer = { via: "in-process", user };
  return server.send(method, target, { peer, ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }) });
}

const authorizationGroup = "/apis/authorization.k8s.io/v1";
const createDeployments = { namespace: "shop", verb: "create", group: "apps", resource: "deployments" };

describe("reviews", () => {
  test("SelfSubjectAccessReview answers what the caller may do, and by which grant", async () => {
    const ask = async (resourceAttributes: object): Promise<unknown> =>
      (await send(jane, "POST", `${authorizationGroup}/selfsubjectaccessreviews`, { spec: { resourceAttributes } })).json.status;
    expect([await ask(createDeployments), await ask({ ...createDeployments, namespace: "other" })]).toEqual([
      { allowed: true, reason: 'RBAC: allowed by RoleBinding "deployers/shop" of Role "deployer" to Group "deployers"' },
      { allowed: false },
    ]);
  });

  test("SubjectAccessReview answers for others, to those who may ask", async () => {
    const spec = { user: "paul", groups: ["deployers"], resourceAttributes: createDeployments };
    const answer = await send(root, "POST", `${authorizationGroup}/subjectaccessreviews`, { spec });
    expect([answer.status, answer.json.kind, answer.json.status]).toMatchObject([201, "SubjectAccessReview", { allowed: true }]);
    expect((await send(jane, "POST", `${authorizationGroup}/subjectaccessreviews`, { spec })).json).toMatchObject({
      code: 403,
      message:
        'subjectaccessreviews.authorization.k8s.io is forbidden: User "jane" cannot create resource "subjectaccessreviews" in API group "authorization.k8s.io" at the cluster scope',
    });
  });

  test.each([
    [
      { user: "paul" },
      'SubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ],
    [
      { resourceAttributes: createDeployments },
      'SubjectAccessReview.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified',
    ],
  ])("a question that lacks something is refused: %o", async (spec, message) => {
    expect((await send(root, "POST", `${authorizationGroup}/subjectaccessreviews`, { spec })).json).toMatchObject({ code: 422, message });
  });

  test("versions that aren't served answer so", async () => {
    const answers = ["v1beta1", "v1alpha1"].map((version) =>
      send(jane, "POST", `/apis/authentication.k8s.io/${version}/selfsubjectreviews`, {}),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([404, 404]);
  });

  test("LocalSubjectAccessReview stays within its namespace", async () => {
    const ask = (resourceAttributes: object): Promise<Answer> =>
      send(root, "POST", `${authorizationGroup}/namespaces/shop/localsubjectaccessreviews`, {
        metadata: { namespace: "shop" },
        spec: { user: "x", groups: ["deployers"], resourceAttributes },
      });
    expect((await ask(createDeployments)).json.status).toMatchObject({ allowed: true });
    expect((await ask({ ...createDeployments, namespace: "other" })).status).toBe(422);
  });

  test("SelfSubjectRulesReview lists the rules of a namespace", async () => {
    const { json } = await send(jane, "POST", `${authorizationGroup}/selfsubjectrulesreviews`, { spec: { namespace: "shop" } });
    expect(json.status).toMatchObject({
      incomplete: false,
      resourceRules: expect.arrayContaining([{ verbs: ["create", "get"], apiGroups: ["apps"], resources: ["deployments"] }]),
      nonResourceRules: expect.arrayContaining([
        { verbs: ["get"], nonResourceURLs: ["/healthz", "/livez", "/readyz", "/version", "/version/"] },
      ]),
    });
  });

  test("SelfSubjectReview answers who the caller is", async () => {
    const { json } = await send(jane, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {});
    expect(json.status).toEqual({ userInfo: { username: "jane", groups: ["deployers", "system:authenticated"] } });
  });
});

describe("the way of a request", () => {
  test("a stranger sees the server's health and version, nothing else", async () => {
    const status = async (target: string): Promise<number> => (await server.send("GET", target)).status;
    expect([await status("/healthz"), await status("/version"), await status("/api"), await status("/api/v1/namespaces")]).toEqual([
      200, 200, 403, 403,
    ]);
    expect((await server.send("GET", "/api/v1/namespaces")).json.message).toBe(
      'namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" at the cluster scope',
    );
    expect((await server.send("GET", "/api", { headers: { authorization: "Bearer unknown" } })).json).toMatchObject({
      code: 401,
      reason: "Unauthorized",
    });
  });

  test("an object can be created in a namespace as soon as that is acknowledged", async () => {
    await send(root, "POST", "/api/v1/namespaces", { metadata: { name: "fresh" } });
    expect((await send(root, "POST", "/api/v1/namespaces/fresh/configmaps", { metadata: { name: "settings" } })).status).toBe(201);
  });

  test("nobody gives away what they don't hold, by role or by binding", async () => {
    await send(root, "POST", `${rbacGroup}/namespaces/shop/roles`, {
      metadata: { name: "delegate" },
      rules: [{ verbs: ["create", "get", "update"], apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles", "rolebindings"] }],
    });
    const delegate: UserInfo = { name: "dora", groups: ["deployers", "system:authenticated"] };
    await send(root, "POST", `${rbacGroup}/namespaces/shop/rolebindings`, {
      metadata: { name: "delegate" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "delegate" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "dora" }],
    });
    const role = (name: string, rules: readonly object[]): Promise<Answer> =>
      send(delegate, "POST", `${rbacGroup}/namespaces/shop/roles`, { metadata: { name }, rules });
    expect((await role("held", [{ verbs: ["get"], apiGroups: ["apps"], resources: ["deployments"] }])).status).toBe(201);
    expect((await role("more", [{ verbs: ["get"], apiGroups: [""], resources: ["secrets"] }])).json).toMatchObject({
      code: 403,
      message:
        'roles.rbac.authorization.k8s.io "more" is forbidden: user "dora" (groups=["deployers" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    });
    const bind = (name: string): Promise<Answer> =>
      send(delegate, "POST", `${rbacGroup}/namespaces/shop/rolebindings`, {
        metadata: { name: `${name}-dora` },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "dora" }],
      });
    expect([(await bind("cluster-admin")).status, (await bind("nobodys")).status]).toEqual([403, 404]);
  });

  test("a kubelet registers, but for its own Node only", async () => {
    const register = async (name: string): Promise<number> =>
      (await send(nodeUser("n1"), "POST", "/api/v1/nodes", { metadata: { name } })).status;
    expect([await register("n1"), await register("n2")]).toEqual([201, 403]);
    expect((await send(root, "GET", "/api/v1/nodes/n1")).json.spec).toEqual({
      taints: [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }],
    });
  });

  test("a token is asked for, used, and ends with its service account", async () => {
    await send(root, "POST", "/api/v1/namespaces/shop/serviceaccounts", { metadata: { name: "builder" } });
    const { status, json } = await send(root, "POST", "/api/v1/namespaces/shop/serviceaccounts/builder/token", {
      spec: { expirationSeconds: 600 },
    });
    const { token } = json.status as { readonly token: string };
    const who = (): Promise<Answer> =>
      server.send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: {},
      });
    expect([status, (await who()).json.status]).toMatchObject([
      201,
      {
        userInfo: {
          username: "system:serviceaccount:shop:builder",
          groups: ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"],
        },
      },
    ]);
    await send(root, "DELETE", "/api/v1/namespaces/shop/serviceaccounts/builder");
    expect((await who()).json.code).toBe(401);
  });
});
