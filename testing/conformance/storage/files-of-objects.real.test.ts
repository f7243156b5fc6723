import { ConfigMapKind } from "@kubets/api";
import { expect } from "vitest";
import { conformanceNode, test } from "../real-node.ts";
import {
  configMap,
  follows,
  followsOptional,
  mapped,
  notRoot,
  projectedConfigMap,
  projectedSecret,
  put,
  reads,
  readsTwice,
  secret,
} from "./files-of-objects.ts";

const node = conformanceNode();

const plain = "644:0\nvalue-1\n";
const ownerOnly = { defaultMode: 0o400 };
const ofItem = { items: [{ key: "data-2", path: "path/to/data-2", mode: 0o400 }] };
const forGroup = { options: { defaultMode: 0o440 }, spec: { securityContext: { runAsUser: 1000, fsGroup: 1001 } } };

test("ST-005 text and binary keys of a ConfigMap show up as files", async () => {
  const namespace = await node.namespace();
  const binaryData = { "dump.bin": Buffer.from([0xde, 0xca, 0xfe, 0xba, 0xd0, 0xfe, 0xff]).toString("base64") };
  await node.client
    .resource(ConfigMapKind)
    .in(namespace)
    .create({ metadata: { name: "files" }, data: { "data-1": "value-1\n" }, binaryData });
  const script = "cat /v/data-1; hexdump -v -e '1/1 \"%02x\"' /v/dump.bin; echo";
  expect(await node.output(namespace, { script, volume: configMap.volume("files") })).toBe("value-1\ndecafebad0feff\n");
});
test("ST-006 optional ConfigMap volumes follow what is made, changed and deleted", () => followsOptional(node, configMap));
test("ST-007 the keys of a ConfigMap are files that everybody may read", async () => expect(await reads(node, configMap)).toBe(plain));
test("ST-008 a user who isn't root reads the files of a ConfigMap", async () =>
  expect(await reads(node, configMap, { spec: notRoot })).toBe(plain));
test("ST-009 files of a ConfigMap have the default mode of the volume", async () =>
  expect(await reads(node, configMap, { options: ownerOnly })).toBe("400:0\nvalue-1\n"));
test("ST-010 a key of a ConfigMap lies under another path", async () =>
  expect(await reads(node, configMap, { options: mapped, path: "path/to/data-2" })).toBe("644:0\nvalue-2\n"));
test("ST-011 a mapped key of a ConfigMap has a mode of its own", async () =>
  expect(await reads(node, configMap, { options: ofItem, path: "path/to/data-2" })).toBe("400:0\nvalue-2\n"));
test("ST-012 a user who isn't root reads a mapped key of a ConfigMap", async () =>
  expect(await reads(node, configMap, { options: mapped, path: "path/to/data-2", spec: notRoot })).toBe("644:0\nvalue-2\n"));
test("ST-013 one ConfigMap is mounted twice in a Pod", async () => expect(await readsTwice(node, configMap)).toBe("value-1\nvalue-1\n"));
test("ST-015 a changed value of a ConfigMap reaches its file", () => follows(node, configMap));

test("ST-047 optional projected ConfigMaps follow what is made, changed and deleted", () => followsOptional(node, projectedConfigMap));
test("ST-048 the keys of a projected ConfigMap are files that everybody may read", async () =>
  expect(await reads(node, projectedConfigMap)).toBe(plain));
test("ST-049 a user who isn't root reads the files of a projected ConfigMap", async () =>
  expect(await reads(node, projectedConfigMap, { spec: notRoot })).toBe(plain));
test("ST-050 files of a projected ConfigMap have the default mode of the volume", async () =>
  expect(await reads(node, projectedConfigMap, { options: ownerOnly })).toBe("400:0\nvalue-1\n"));
test("ST-051 a key of a projected ConfigMap lies under another path", async () =>
  expect(await reads(node, projectedConfigMap, { options: mapped, path: "path/to/data-2" })).toBe("644:0\nvalue-2\n"));
test("ST-052 a mapped key of a projected ConfigMap has a mode of its own", async () =>
  expect(await reads(node, projectedConfigMap, { options: ofItem, path: "path/to/data-2" })).toBe("400:0\nvalue-2\n"));
test("ST-053 a user who isn't root reads a mapped key of a projected ConfigMap", async () =>
  expect(await reads(node, projectedConfigMap, { options: mapped, path: "path/to/data-2", spec: notRoot })).toBe("644:0\nvalue-2\n"));
test("ST-054 one ConfigMap is projected into two volumes of a Pod", async () =>
  expect(await readsTwice(node, projectedConfigMap)).toBe("value-1\nvalue-1\n"));
test("ST-055 a changed value of a projected ConfigMap reaches its file", () => follows(node, projectedConfigMap));

test("ST-067 optional projected Secrets follow what is made, changed and deleted", () => followsOptional(node, projectedSecret));
test("ST-068 the keys of a projected Secret are files that everybody may read", async () =>
  expect(await reads(node, projectedSecret)).toBe(plain));
test("ST-069 files of a projected Secret are open to the Pod's group, whose user isn't root", async () =>
  expect(await reads(node, projectedSecret, forGroup)).toBe("440:1001\nvalue-1\n"));
test("ST-070 files of a projected Secret have the default mode of the volume", async () =>
  expect(await reads(node, projectedSecret, { options: ownerOnly })).toBe("400:0\nvalue-1\n"));
test("ST-071 a key of a projected Secret lies under another path", async () =>
  expect(await reads(node, projectedSecret, { options: mapped, path: "path/to/data-2" })).toBe("644:0\nvalue-2\n"));
test("ST-072 a mapped key of a projected Secret has a mode of its own", async () =>
  expect(await reads(node, projectedSecret, { options: ofItem, path: "path/to/data-2" })).toBe("400:0\nvalue-2\n"));
test("ST-073 one Secret is projected into two volumes of a Pod", async () =>
  expect(await readsTwice(node, projectedSecret)).toBe("value-1\nvalue-1\n"));

test("ST-074 optional Secret volumes follow what is made, changed and deleted", () => followsOptional(node, secret));
test("ST-075 a Pod sees the Secret of its own namespace, not one of the same name elsewhere", async () => {
  const [own, other] = [await node.namespace(), await node.namespace()];
  await put(node, own, secret, "files", { key: "own\n" });
  await put(node, other, secret, "files", { key: "other\n" });
  expect(await node.output(own, { script: "cat /v/key", volume: secret.volume("files") })).toBe("own\n");
});
test("ST-076 the keys of a Secret are files that everybody may read", async () => expect(await reads(node, secret)).toBe(plain));
test("ST-077 files of a Secret are open to the Pod's group, whose user isn't root", async () =>
  expect(await reads(node, secret, forGroup)).toBe("440:1001\nvalue-1\n"));
test("ST-078 files of a Secret have the default mode of the volume", async () =>
  expect(await reads(node, secret, { options: ownerOnly })).toBe("400:0\nvalue-1\n"));
test("ST-079 a key of a Secret lies under another path", async () =>
  expect(await reads(node, secret, { options: mapped, path: "path/to/data-2" })).toBe("644:0\nvalue-2\n"));
test("ST-080 a mapped key of a Secret has a mode of its own", async () =>
  expect(await reads(node, secret, { options: ofItem, path: "path/to/data-2" })).toBe("400:0\nvalue-2\n"));
test("ST-081 one Secret is mounted twice in a Pod", async () => expect(await readsTwice(node, secret)).toBe("value-1\nvalue-1\n"));
