import { ConfigMapKind, PodKind, SecretKind } from "@kubets/api";
import { expect } from "vitest";
import { type ConformanceNode, podOf } from "../real-node.ts";

/** A volume made of the keys of a ConfigMap or Secret, in one of the ways in which a Pod can name it. */
export interface FileSource {
  readonly object: "configMap" | "secret";
  volume(name: string, options?: FileOptions): object;
}

export interface FileOptions {
  readonly defaultMode?: number;
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
  readonly optional?: boolean;
}

export const configMap: FileSource = { object: "configMap", volume: (name, options) => ({ configMap: { name, ...options } }) };
export const secret: FileSource = { object: "secret", volume: (secretName, options) => ({ secret: { secretName, ...options } }) };
export const projectedConfigMap: FileSource = projected("configMap");
export const projectedSecret: FileSource = projected("secret");

function projected(object: FileSource["object"]): FileSource {
  const volume: FileSource["volume"] = (name, { defaultMode, ...options } = {}) => ({
    projected: { ...(defaultMode === undefined ? {} : { defaultMode }), sources: [{ [object]: { name, ...options } }] },
  });
  return { object, volume };
}

const data = { "data-1": "value-1\n", "data-2": "value-2\n" };

/** Makes the object that volumes are made of; changes or deletes it. */
export async function put(
  node: ConformanceNode,
  namespace: string,
  { object }: FileSource,
  name: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const change = object === "configMap" ? { data: values } : { data: null, stringData: values };
  const patch = { metadata: { name }, ...change };
  const resource =
    object === "configMap" ? node.client.resource(ConfigMapKind).in(namespace) : node.client.resource(SecretKind).in(namespace);
  const isThere = (await resource.list()).items.some(({ metadata }) => metadata.name === name);
  if (isThere) await resource.patch(name, object === "configMap" ? { data: values } : { stringData: values }, { type: "merge" });
  else if (object === "configMap")
    await node.client.resource(ConfigMapKind).in(namespace).create({ metadata: patch.metadata, data: values });
  else await node.client.resource(SecretKind).in(namespace).create({ metadata: patch.metadata, stringData: values });
}

export async function drop(node: ConformanceNode, namespace: string, { object }: FileSource, name: string): Promise<void> {
  if (object === "configMap") await node.client.resource(ConfigMapKind).in(namespace).delete(name);
  else await node.client.resource(SecretKind).in(namespace).delete(name);
}

interface Reading {
  readonly options?: FileOptions;
  readonly path?: string;
  readonly spec?: object;
}

/** What a Pod sees of one file: its mode and group, and its content. */
export async function reads(
  node: ConformanceNode,
  source: FileSource,
  { options, path = "data-1", spec = {} }: Reading = {},
): Promise<string> {
  const namespace = await node.namespace();
  await put(node, namespace, source, "files", data);
  const script = `stat -Lc %a:%g /v/${path}; cat /v/${path}`;
  return node.output(namespace, { script, volume: source.volume("files", options), ...spec });
}

export const mapped: FileOptions = { items: [{ key: "data-2", path: "path/to/data-2" }] };
export const notRoot: object = { securityContext: { runAsUser: 1001 } };

/** One object seen in two volumes of a Pod. */
export async function readsTwice(node: ConformanceNode, source: FileSource): Promise<string> {
  const namespace = await node.namespace();
  await put(node, namespace, source, "files", data);
  const names = ["one", "two"];
  return node.output(namespace, {
    volumes: names.map((name) => ({ name, ...source.volume("files") })),
    container: {
      command: ["sh", "-c", "cat /one/data-1 /two/data-1"],
      volumeMounts: names.map((name) => ({ name, mountPath: `/${name}`, readOnly: true })),
    },
  });
}

/** Says the content of files whenever it changes. */
const watching = (files: string): string =>
  `while :; do now=$(cat ${files} 2>/dev/null | tr '\\n' ' '); [ "$now" = "$last" ] || echo "$now"; last=$now; sleep 0.1; done`;

/** What is changed in the object reaches the file. */
export async function follows(node: ConformanceNode, source: FileSource): Promise<void> {
  const namespace = await node.namespace();
  await put(node, namespace, source, "files", { "data-1": "value-1" });
  const facts = { script: watching("/v/data-1"), volume: source.volume("files") };
  await withPod(node, namespace, facts, async (said) => {
    await said("value-1");
    await put(node, namespace, source, "files", { "data-1": "value-2" });
    await said("value-2");
  });
}

/** Of three objects that may be missing, one is deleted, one changed and one made: the files follow. */
export async function followsOptional(node: ConformanceNode, source: FileSource): Promise<void> {
  const namespace = await node.namespace();
  const names = ["gone", "changed", "made"];
  await put(node, namespace, source, "gone", { "data-1": "was-here" });
  await put(node, namespace, source, "changed", { "data-1": "before" });
  const facts = {
    volumes: names.map((name) => ({ name, ...source.volume(name, { optional: true }) })),
    container: {
      command: [
        "sh",
        "-c",
        `while :; do now=$(for each in ${names.join(" ")}; do echo $each=$(cat /$each/data-1 2>/dev/null); done | tr '\\n' ' '); [ "$now" = "$last" ] || echo "$now"; last=$now; sleep 0.1; done`,
      ],
      volumeMounts: names.map((name) => ({ name, mountPath: `/${name}` })),
    },
  };
  await withPod(node, namespace, facts, async (said) => {
    await said("gone=was-here changed=before made=");
    await drop(node, namespace, source, "gone");
    await put(node, namespace, source, "changed", { "data-1": "after" });
    await put(node, namespace, source, "made", { "data-1": "new" });
    await said("gone= changed=after made=new");
  });
}

/** Runs a Pod beside a test; `said` waits until its last line is the given one. */
export async function withPod(
  node: ConformanceNode,
  namespace: string,
  facts: Parameters<typeof podOf>[2],
  test: (said: (line: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const pods = node.client.resource(PodKind).in(namespace);
  await pods.create(podOf("watching", node.shell, facts));
  await test((line) =>
    node.until(async () => {
      const lines = (await node.log(namespace, "watching")).trimEnd().split("\n");
      expect(lines.at(-1)?.trimEnd()).toBe(line);
    }),
  );
  await pods.delete("watching");
}
