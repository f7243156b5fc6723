import { ConfigMapKind, NamespaceKind, PodKind, type ValidatingWebhook, ValidatingWebhookConfigurationKind } from "@kubets/api";
import type { Draft } from "@kubets/machinery";
import { afterEach, expect, test } from "vitest";
import { conformanceCluster, namesIn } from "../conformance-cluster.ts";
import { denying, patching, webhookServer } from "../webhook-server.ts";
import { aPod } from "../workloads.ts";

// What a webhook that hangs is waited for are real seconds: nobody can say that this machine's sockets are at rest meanwhile.

let release: (() => void) | undefined;
const hooks = webhookServer({
  "/deny-bad": ({ request: { object } }) => {
    if (object?.data?.["webhook-e2e-test"] === "webhook-disallow") return denying("the object contains unwanted data");
    const hasBadImage = object?.spec?.containers?.some(({ image }) => image === "unwanted:1") === true;
    return hasBadImage ? denying("the Pod has an unwanted image") : patching();
  },
  "/hang": () =>
    new Promise<object>((resolve) => {
      release = () => resolve(patching());
    }),
  "/slow": async () => patching(),
});
const cluster = conformanceCluster({ clock: "system", server: { dialer: hooks.dialer } });

const configurations = () => cluster.client.resource(ValidatingWebhookConfigurationKind);
const maps = (namespace: string) => cluster.client.resource(ConfigMapKind).in(namespace);

/** Has a webhook asked about ConfigMaps and Pods of a namespace. */
async function guard(name: string, path: string, options: Partial<Draft<ValidatingWebhook>> = {}): Promise<string> {
  const namespace = await cluster.namespace();
  const clientConfig = (await hooks.service(cluster.client, namespace))(path);
  await configurations().create({
    metadata: { name },
    webhooks: [
      {
        name: `${name}.example.com`,
        clientConfig,
        rules: [{ operations: ["CREATE", "UPDATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps", "pods"] }],
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        sideEffects: "None",
        admissionReviewVersions: ["v1", "v1beta1"],
        ...options,
      },
    ],
  });
  return namespace;
}

afterEach(async () => {
  release?.();
  for (const name of await namesIn(configurations())) await configurations().delete(name);
});

test("AM-011 Pods and ConfigMaps are refused when they are created, updated or patched, also by a webhook that hangs", async () => {
  const exempt = { matchExpressions: [{ key: "skip-webhook-admission", operator: "NotIn" as const, values: ["yes"] }] };
  const namespace = await guard("am011", "/deny-bad", { namespaceSelector: exempt });
  const unwanted = { "webhook-e2e-test": "webhook-disallow" };
  const pods = cluster.client.resource(PodKind).in(namespace);
  const badPod = pods.create(aPod("bad", {}, { containers: [{ name: "web", image: "unwanted:1" }] }));
  await expect(badPod).rejects.toThrow("denied the request: the Pod has an unwanted image");
  await expect(maps(namespace).create({ metadata: { name: "bad" }, data: unwanted })).rejects.toThrow("unwanted data");
  const good = await maps(namespace).create({ metadata: { name: "good" }, data: { a: "b" } });
  await expect(maps(namespace).update({ ...good, data: unwanted })).rejects.toThrow("unwanted data");
  await expect(maps(namespace).patch("good", { data: unwanted }, { type: "merge" })).rejects.toThrow("unwanted data");
  await cluster.client.resource(NamespaceKind).create({ metadata: { name: "exempted", labels: { "skip-webhook-admission": "yes" } } });
  await expect(maps("exempted").create({ metadata: { name: "bad" }, data: unwanted })).resolves.toMatchObject({ data: unwanted });

  const hanging = await guard("am011-hang", "/hang", { timeoutSeconds: 1 });
  await expect(maps(hanging).create({ metadata: { name: "late" } })).rejects.toMatchObject({
    reason: "InternalError",
    message: expect.stringContaining("context deadline exceeded"),
  });
});

test("AM-013 a webhook that takes longer than its timeout fails the request, or is passed over, as its failure policy says", async () => {
  const failing = await guard("am013-fail", "/hang", { timeoutSeconds: 1, failurePolicy: "Fail" });
  await expect(maps(failing).create({ metadata: { name: "map" } })).rejects.toMatchObject({
    code: 500,
    message: expect.stringMatching(/failed calling webhook "am013-fail.example.com": .*\/hang\?timeout=1s": context deadline exceeded/),
  });
  const ignoring = await guard("am013-ignore", "/hang", { timeoutSeconds: 1, failurePolicy: "Ignore" });
  await expect(maps(ignoring).create({ metadata: { name: "map" } })).resolves.toBeDefined();
  for (const [name, options] of [
    ["am013-longer", { timeoutSeconds: 30 }],
    ["am013-default", {}],
  ] as const)
    await expect(maps(await guard(name, "/slow", options)).create({ metadata: { name: "map" } })).resolves.toBeDefined();
});
