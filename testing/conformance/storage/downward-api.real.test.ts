import { ConfigMapKind, NodeKind, PodKind, SecretKind } from "@kubets/api";
import { parseQuantity } from "@kubets/machinery";
import { expect } from "vitest";
import { conformanceNode, test } from "../real-node.ts";
import { withPod } from "./files-of-objects.ts";

const node = conformanceNode();

interface DownwardFile {
  readonly path: string;
  readonly mode?: number;
  readonly fieldRef?: { readonly fieldPath: string };
  readonly resourceFieldRef?: { readonly containerName: string; readonly resource: string };
}

/** The two ways in which a Pod can name such a volume. */
type Way = (items: readonly DownwardFile[], defaultMode?: number) => object;
const direct: Way = (items, defaultMode) => ({ downwardAPI: { items, ...(defaultMode === undefined ? {} : { defaultMode }) } });
const projected: Way = (items, defaultMode) => ({
  projected: { sources: [{ downwardAPI: { items } }], ...(defaultMode === undefined ? {} : { defaultMode }) },
});

const resources = { requests: { cpu: "250m", memory: "32Mi" }, limits: { cpu: "1250m", memory: "64Mi" } };

async function amount(way: Way, resource: string, own: object = { resources }): Promise<string> {
  const volume = way([{ path: "amount", resourceFieldRef: { containerName: "main", resource } }]);
  return (await node.output(await node.namespace(), { script: "cat /v/amount; echo", volume, container: own })).trimEnd();
}

/** What the node has, in whole units, rounded up. */
async function allocatable(resource: "cpu" | "memory"): Promise<string> {
  const { status } = await node.client.resource(NodeKind).get(node.nodeName);
  return String((parseQuantity(status.allocatable![resource]!).nanos + 999_999_999n) / 1_000_000_000n);
}

async function nameFile(way: Way, options: { readonly mode?: number; readonly defaultMode?: number } = {}): Promise<string> {
  const file = { path: "podname", fieldRef: { fieldPath: "metadata.name" }, ...(options.mode === undefined ? {} : { mode: options.mode }) };
  const script = "stat -Lc %a /v/podname; cat /v/podname; echo; hostname";
  return node.output(await node.namespace(), { script, volume: way([file], options.defaultMode) });
}

async function followsMetadata(way: Way, part: "annotations" | "labels"): Promise<void> {
  const namespace = await node.namespace();
  const script = 'while :; do now=$(cat /v/file | tr \'\\n\' \' \'); [ "$now" = "$last" ] || echo "$now"; last=$now; sleep 0.1; done';
  const volume = way([{ path: "file", fieldRef: { fieldPath: `metadata.${part}` } }]);
  await withPod(node, namespace, { script, volume, metadata: { [part]: { builder: "bar" } } }, async (said) => {
    await said('builder="bar"');
    const patch = { metadata: { [part]: { builder: "foo" } } };
    await node.client.resource(PodKind).in(namespace).patch("watching", patch, { type: "merge" });
    await said('builder="foo"');
  });
}

/** The mode, then the Pod's name as the file and the host name have it. */
const named = (mode: string): RegExp => new RegExp(`^${mode}\n(pod-\\d+)\n\\1\n$`);

test("ST-016 a file tells the container's limit of processors", async () => expect(await amount(direct, "limits.cpu")).toBe("2"));
test("ST-017 a file tells the container's request of processors", async () => expect(await amount(direct, "requests.cpu")).toBe("1"));
test("ST-018 a file tells the container's limit of memory", async () => expect(await amount(direct, "limits.memory")).toBe("67108864"));
test("ST-019 a file tells the container's request of memory", async () => expect(await amount(direct, "requests.memory")).toBe("33554432"));
test("ST-020 without a limit of processors, the node's is told", async () =>
  expect(await amount(direct, "limits.cpu", {})).toBe(await allocatable("cpu")));
test("ST-021 without a limit of memory, the node's is told", async () =>
  expect(await amount(direct, "limits.memory", {})).toBe(await allocatable("memory")));
test("ST-022 a file tells the Pod's name", async () => expect(await nameFile(direct)).toMatch(named("644")));
test("ST-023 files have the default mode of the volume", async () =>
  expect(await nameFile(direct, { defaultMode: 0o400 })).toMatch(named("400")));
test("ST-024 a file has a mode of its own", async () => expect(await nameFile(direct, { mode: 0o400 })).toMatch(named("400")));
test("ST-025 changed annotations reach the file", () => followsMetadata(direct, "annotations"));
test("ST-026 changed labels reach the file", () => followsMetadata(direct, "labels"));

test("ST-046 a Secret, a ConfigMap and the Pod's name come together in one volume", async () => {
  const namespace = await node.namespace();
  await node.client
    .resource(SecretKind)
    .in(namespace)
    .create({ metadata: { name: "s" }, stringData: { key: "secret\n" } });
  await node.client
    .resource(ConfigMapKind)
    .in(namespace)
    .create({ metadata: { name: "m" }, data: { key: "map\n" } });
  const sources = [
    { secret: { name: "s", items: [{ key: "key", path: "secret" }] } },
    { configMap: { name: "m", items: [{ key: "key", path: "map" }] } },
    { downwardAPI: { items: [{ path: "podname", fieldRef: { fieldPath: "metadata.name" } }] } },
  ];
  const script = "cat /v/secret /v/map /v/podname; echo";
  expect(await node.output(namespace, { script, volume: { projected: { sources } } })).toMatch(/^secret\nmap\npod-\d+\n$/);
});

test("ST-056 a projected file tells the container's limit of processors", async () =>
  expect(await amount(projected, "limits.cpu")).toBe("2"));
test("ST-057 a projected file tells the container's request of processors", async () =>
  expect(await amount(projected, "requests.cpu")).toBe("1"));
test("ST-058 a projected file tells the container's limit of memory", async () =>
  expect(await amount(projected, "limits.memory")).toBe("67108864"));
test("ST-059 a projected file tells the container's request of memory", async () =>
  expect(await amount(projected, "requests.memory")).toBe("33554432"));
test("ST-060 without a limit of processors, a projected file tells the node's", async () =>
  expect(await amount(projected, "limits.cpu", {})).toBe(await allocatable("cpu")));
test("ST-061 without a limit of memory, a projected file tells the node's", async () =>
  expect(await amount(projected, "limits.memory", {})).toBe(await allocatable("memory")));
test("ST-062 a projected file tells the Pod's name", async () => expect(await nameFile(projected)).toMatch(named("644")));
test("ST-063 projected files have the default mode of the volume", async () =>
  expect(await nameFile(projected, { defaultMode: 0o400 })).toMatch(named("400")));
test("ST-064 a projected file has a mode of its own", async () => expect(await nameFile(projected, { mode: 0o400 })).toMatch(named("400")));
test("ST-065 changed annotations reach the projected file", () => followsMetadata(projected, "annotations"));
test("ST-066 changed labels reach the projected file", () => followsMetadata(projected, "labels"));

test("ST-084 a part of a ConfigMap volume reads right, also while the volume is being rewritten", async () => {
  const namespace = await node.namespace();
  const maps = node.client.resource(ConfigMapKind).in(namespace);
  await maps.create({ metadata: { name: "m" }, data: { key: "first" } });
  const script = 'while :; do now=$(cat /v); [ "$now" = "$last" ] || echo "$now"; last=$now; sleep 0.1; done';
  await withPod(node, namespace, { script, volume: { configMap: { name: "m" } }, mount: { subPath: "key" } }, async (said) => {
    await said("first");
    for (const value of ["second", "third"]) await maps.patch("m", { data: { key: value } }, { type: "merge" });
    // A part is what it was when the container started.
    await said("first");
  });
});
test("ST-085 a part of a ConfigMap volume is mounted over a file that is there", async () => {
  const namespace = await node.namespace();
  await node.client
    .resource(ConfigMapKind)
    .in(namespace)
    .create({ metadata: { name: "m" }, data: { key: "instead\n" } });
  const mount = { subPath: "key", mountPath: "/etc/group" };
  expect(await node.output(namespace, { script: "cat /etc/group", volume: { configMap: { name: "m" } }, mount })).toBe("instead\n");
});
test("ST-086 a part of a downward API volume reads right", async () => {
  const volume = direct([{ path: "downward/podname", fieldRef: { fieldPath: "metadata.name" } }]);
  const text = await node.output(await node.namespace(), {
    script: "cat /v; echo; hostname",
    volume,
    mount: { subPath: "downward/podname" },
  });
  expect(text).toMatch(/^(pod-\d+)\n\1\n$/);
});
test("ST-087 a part of a projected volume reads right", async () => {
  const volume = projected([{ path: "projected/podname", fieldRef: { fieldPath: "metadata.name" } }]);
  const text = await node.output(await node.namespace(), {
    script: "cat /v; echo; hostname",
    volume,
    mount: { subPath: "projected/podname" },
  });
  expect(text).toMatch(/^(pod-\d+)\n\1\n$/);
});
test("ST-088 a part of a Secret volume reads right", async () => {
  const namespace = await node.namespace();
  await node.client
    .resource(SecretKind)
    .in(namespace)
    .create({ metadata: { name: "s" }, stringData: { key: "secret\n" } });
  expect(await node.output(namespace, { script: "cat /v", volume: { secret: { secretName: "s" } }, mount: { subPath: "key" } })).toBe(
    "secret\n",
  );
});
