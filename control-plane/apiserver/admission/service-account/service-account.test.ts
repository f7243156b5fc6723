import { type Pod, PodKind, ServiceAccountKind } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { asRead } from "../../authorization/testing/fixed-reader.ts";
import { admit, aPod, cluster, container } from "../testing/admit.ts";

describe("ServiceAccount", () => {
  test("a Pod gets the default account, with its token mounted into every container", async () => {
    const { spec } = await admit(cluster(), PodKind, {
      object: aPod({
        initContainers: [container].map((each) => asRead(PodKind, { metadata: {}, spec: { containers: [each] } }).spec.containers[0]!),
      }),
    });
    const [volume] = spec.volumes ?? [];
    const mount = { name: volume?.name, readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" };
    expect([spec.serviceAccountName, spec.serviceAccount]).toEqual(["default", "default"]);
    expect([...(spec.initContainers ?? []), ...spec.containers].map(({ volumeMounts }) => volumeMounts)).toEqual([[mount], [mount]]);
    expect(volume).toEqual({
      name: expect.stringMatching(/^kube-api-access-[a-z0-9]{5}$/),
      projected: {
        defaultMode: 420,
        sources: [
          { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
          { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
          { downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] } },
        ],
      },
    });
  });

  test("what a container has at that path already stays", async () => {
    const mounts = [{ name: "own", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" }];
    const own = aPod();
    const pod: Pod = { ...own, spec: { ...own.spec, containers: own.spec.containers.map((each) => ({ ...each, volumeMounts: mounts })) } };
    const { spec } = await admit(cluster(), PodKind, { object: pod });
    expect([spec.volumes, spec.containers[0]?.volumeMounts]).toEqual([undefined, mounts]);
  });

  test.each([
    [undefined, undefined, true],
    [false, undefined, false],
    [false, true, true],
    [true, false, false],
    [undefined, false, false],
  ])("account says automount %s, Pod says %s: token mounted %s", async (account, pod, mounted) => {
    const reader = cluster();
    reader.put(ServiceAccountKind, {
      metadata: { name: "default", namespace: "shop" },
      ...(account === undefined ? {} : { automountServiceAccountToken: account }),
    });
    const { spec } = await admit(reader, PodKind, { object: aPod(pod === undefined ? {} : { automountServiceAccountToken: pod }) });
    expect((spec.volumes ?? []).length === 1).toBe(mounted);
  });

  test("image pull secrets come from the account unless the Pod has its own", async () => {
    const reader = cluster();
    reader.put(ServiceAccountKind, { metadata: { name: "default", namespace: "shop" }, imagePullSecrets: [{ name: "registry" }] });
    const from = await admit(reader, PodKind, { object: aPod() });
    const own = await admit(reader, PodKind, { object: aPod({ imagePullSecrets: [{ name: "own" }] }) });
    expect([from.spec.imagePullSecrets, own.spec.imagePullSecrets]).toEqual([[{ name: "registry" }], [{ name: "own" }]]);
  });

  test("a Pod whose account isn't there is refused", async () => {
    await expect(admit(cluster(), PodKind, { object: aPod({ serviceAccountName: "builder" }) })).rejects.toMatchObject({
      code: 403,
      message: 'pods "web" is forbidden: error looking up service account shop/builder: serviceaccount "builder" not found',
    });
  });

  test("an account may hold its Pods to the Secrets that it lists", async () => {
    const reader = cluster();
    reader.put(ServiceAccountKind, {
      metadata: { name: "default", namespace: "shop", annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } },
      secrets: [{ name: "listed" }],
    });
    const mounting = (secretName: string): Pod => aPod({ volumes: [{ name: "secret", secret: { secretName, defaultMode: 420 } }] });
    await admit(reader, PodKind, { object: mounting("listed") });
    await expect(admit(reader, PodKind, { object: mounting("other") })).rejects.toMatchObject({ code: 403 });
  });
});
