import {
  LocalSubjectAccessReviewKind,
  PodKind,
  RoleBindingKind,
  RoleKind,
  ServiceAccountKind,
  SubjectAccessReviewKind,
  type TokenRequest,
  TokenReviewKind,
} from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn, record, refusal } from "../conformance-cluster.ts";
import { aPod } from "../workloads.ts";

const cluster = conformanceCluster();
const accountsIn = (namespace: string) => cluster.client.resource(ServiceAccountKind).in(namespace);

test("AU-003 a token is mounted unless the account or the Pod opts out, and the Pod's word counts more", async () => {
  const namespace = await cluster.namespace();
  const word = (value: boolean | undefined) => (value === undefined ? {} : { automountServiceAccountToken: value });
  const mounted: Record<string, boolean> = {};
  for (const [account, ofAccount] of [
    ["default-sa", undefined],
    ["mount-sa", true],
    ["nomount-sa", false],
  ] as const) {
    await accountsIn(namespace).create({ metadata: { name: account }, ...word(ofAccount) });
    for (const [name, ofPod] of [
      ["silent", undefined],
      ["mount", true],
      ["nomount", false],
    ] as const) {
      const spec = { serviceAccountName: account, ...word(ofPod) };
      const pod = await cluster.client
        .resource(PodKind)
        .in(namespace)
        .create(aPod(`${account}-${name}`, {}, spec));
      const paths = pod.spec.containers[0]!.volumeMounts?.map(({ mountPath }) => mountPath) ?? [];
      mounted[`${account} ${name}`] = paths.includes("/var/run/secrets/kubernetes.io/serviceaccount");
    }
  }
  expect(mounted).toEqual({
    "default-sa silent": true,
    "default-sa mount": true,
    "default-sa nomount": false,
    "mount-sa silent": true,
    "mount-sa mount": true,
    "mount-sa nomount": false,
    "nomount-sa silent": false,
    "nomount-sa mount": true,
    "nomount-sa nomount": false,
  });
});

test("AU-004 a token that was made for a service account passes a review", async () => {
  const namespace = await cluster.namespace();
  await accountsIn(namespace).create({ metadata: { name: "robot" } });
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: {},
    spec: { audiences: [], expirationSeconds: 3600 },
  };
  const { status } = (await accountsIn(namespace).subresource("robot", "token").create(body)) as TokenRequest;
  const review = await cluster.client.resource(TokenReviewKind).create({ metadata: {}, spec: { token: status.token ?? "" } });
  expect(review.status).toMatchObject({ authenticated: true, user: { username: `system:serviceaccount:${namespace}:robot` } });
});

test("AU-008 a watch sees a service account made, patched and deleted, and it is listed by label", async () => {
  const accounts = accountsIn(await cluster.namespace());
  const labelSelector = "conformance=au-008";
  await using recording = await record(accounts, { labelSelector });
  await accounts.create({ metadata: { name: "robot", labels: { conformance: "au-008" } } });
  await accounts.patch("robot", { automountServiceAccountToken: false }, { type: "strategic" });
  expect((await accounts.list({ labelSelector })).items).toMatchObject([
    { metadata: { name: "robot" }, automountServiceAccountToken: false },
  ]);
  await accounts.deleteCollection({ labelSelector });
  await cluster.until(async () => expect(recording.told).toEqual(["ADDED robot", "MODIFIED robot", "DELETED robot"]));
  expect(await namesIn(accounts, { labelSelector })).toEqual([]);
});

test("AU-009 an account's word about its token is kept when it is updated", async () => {
  const accounts = accountsIn(await cluster.namespace());
  const created = await accounts.create({ metadata: { name: "robot" }, automountServiceAccountToken: false });
  await accounts.update({ ...created, automountServiceAccountToken: true });
  expect((await accounts.get("robot")).automountServiceAccountToken).toBe(true);
});

test("AU-010 reviews of access agree with what an account can really do", async () => {
  const namespace = await cluster.namespace();
  await accountsIn(namespace).create({ metadata: { name: "robot" } });
  const user = `system:serviceaccount:${namespace}:robot`;
  const groups = ["system:authenticated", "system:serviceaccounts", `system:serviceaccounts:${namespace}`];
  const pods = cluster.as({ name: user, groups }).resource(PodKind).in(namespace);
  const spec = { user, groups, resourceAttributes: { namespace, verb: "list", resource: "pods", version: "v1" } };
  const verdicts = async (): Promise<readonly (boolean | undefined)[]> => {
    const [cluster_, local] = await Promise.all([
      cluster.client.resource(SubjectAccessReviewKind).create({ metadata: {}, spec }),
      cluster.client.resource(LocalSubjectAccessReviewKind).in(namespace).create({ metadata: { namespace }, spec }),
    ]);
    return [cluster_.status.allowed, local.status.allowed];
  };
  expect(await verdicts()).toEqual([false, false]);
  expect(await refusal(pods.list())).toBe("Forbidden");
  const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }];
  await cluster.client
    .resource(RoleKind)
    .in(namespace)
    .create({ metadata: { name: "lister" }, rules });
  await cluster.client
    .resource(RoleBindingKind)
    .in(namespace)
    .create({
      metadata: { name: "robot" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "lister" },
      subjects: [{ kind: "ServiceAccount", name: "robot", namespace }],
    });
  await cluster.until(async () => expect(await verdicts()).toEqual([true, true]));
  expect((await pods.list()).items).toEqual([]);
});
