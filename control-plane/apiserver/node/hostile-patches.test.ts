import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { define, aDefinition } from "../custom-resources/testing/cron-tabs.ts";
import { type BusyServer, startBusyServer } from "../testing/while-others-read.ts";

// Patches of one to three megabytes that were made to take minutes or gigabytes, over the network, while somebody else reads all the time.

let busy: BusyServer;
beforeAll(async () => {
  busy = await startBusyServer();
  const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true } as const;
  await define(busy.world, aDefinition({ type: "object", properties: { spec: anything } }));
}, 60_000);
afterAll(() => busy[Symbol.asyncDispose]());

const configMap = "/api/v1/namespaces/default/configmaps/there";
const pod = "/api/v1/namespaces/default/pods/there";
beforeEach(async () => {
  const { send } = busy.world;
  for (const path of [configMap, pod]) await send("DELETE", `${path}?gracePeriodSeconds=0`);
  await send("POST", configMap.slice(0, -"/there".length), { body: { metadata: { name: "there" } } });
  const spec = { containers: [{ name: "web", image: "web:1" }] };
  await send("POST", pod.slice(0, -"/there".length), { body: { metadata: { name: "there" }, spec } });
});

const merge = "application/merge-patch+json";
const strategic = "application/strategic-merge-patch+json";
const apply = "application/apply-patch+yaml";
const jsonPatch = "application/json-patch+json";

const many = (count: number, each: (index: number) => string): string => Array.from({ length: count }, (_, index) => each(index)).join(",");
const nested = (depth: number, inner: string): string => `${'{"a":'.repeat(depth)}${inner}${"}".repeat(depth)}`;
const longName = "k".repeat(2 ** 20);
const aConfigMap = '"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"there"}';
const aPod = '"apiVersion":"v1","kind":"Pod","metadata":{"name":"there"}';
const inContainers = (items: string): string => `{"spec":{"containers":[${items}]}}`;
const finalizers = (items: string): string => `{"metadata":{"finalizers":[${items}]}}`;

// Milliseconds of this thread that nobody else has, and bytes that nobody needs.
const longestTurn = 1500;
const longestAnswer = 8 * 2 ** 20;

test.each<readonly [what: string, type: string, path: string, body: string, status: number, says: string]>([
  ["as many unknown fields as fit", merge, configMap, `{${many(150_000, (index) => `"u${index}":1`)}}`, 200, ""],
  [
    "one field a hundred thousand times",
    merge,
    `${configMap}?fieldValidation=Strict`,
    `{"data":{${many(150_000, () => '"a":"1"')}}}`,
    422,
    "duplicate field",
  ],
  [
    "a name of a megabyte over duplicates",
    merge,
    `${configMap}?fieldValidation=Strict`,
    `{"${longName}":{${many(150_000, () => '"a":1')}}}`,
    422,
    "duplicate field",
  ],
  ["finalizers that are none", merge, configMap, finalizers(many(150_000, (index) => `"!${index}"`)), 422, "name part must consist of"],
  [
    "annotations that are none",
    merge,
    configMap,
    `{"metadata":{"annotations":{${many(100_000, (index) => `"!${index}":""`)}}}}`,
    422,
    "name part must consist of",
  ],
  [
    "owners by the ten thousand",
    merge,
    configMap,
    `{"metadata":{"ownerReferences":[${many(20_000, (index) => `{"kind":"a","controller":true,"uid":"${index}"}`)}]}}`,
    422,
    "and more",
  ],
  ["an unfounded depth", merge, configMap, nested(5000, "1"), 400, "exceeded max depth"],
  [
    "an order of items that aren't there",
    strategic,
    pod,
    `{"spec":{"$setElementOrder/containers":[${many(100_000, (index) => `{"name":"c${index}"}`)}],"containers":[{"name":"web"}]}}`,
    400,
    "doesn't match $setElementOrder list",
  ],
  ["one merge key a hundred thousand times", strategic, pod, inContainers(many(100_000, () => '{"name":"web"}')), 200, ""],
  [
    "a storm of replacements",
    strategic,
    pod,
    inContainers(many(100_000, () => '{"$patch":"replace"}')),
    422,
    "spec.containers: Required value",
  ],
  ["a storm of deletions", strategic, pod, inContainers(many(80_000, (index) => `{"$patch":"delete","name":"a${index}"}`)), 200, ""],
  [
    "instructions nobody knows",
    strategic,
    pod,
    inContainers(many(80_000, (index) => `{"$patch":"x","name":"a${index}"}`)),
    400,
    "unknown patch type",
  ],
  [
    "lists taken from lists",
    strategic,
    configMap,
    `{"metadata":{"$deleteFromPrimitiveList/finalizers":[${many(100_000, (index) => `"k${index}"`)}],"finalizers":[${many(50_000, (index) => `"!${index}"`)}]}}`,
    422,
    "metadata.finalizers",
  ],
  [
    "fields that no kind has",
    apply,
    configMap,
    `{${aConfigMap},${many(200_000, (index) => `"u${index}":1`)}}`,
    400,
    "field not declared in schema",
  ],
  ["items without their key", apply, pod, `{${aPod},"spec":{"containers":[${many(200_000, () => "{}")}]}}`, 400, "omits all key fields"],
  [
    "items of one key",
    apply,
    pod,
    `{${aPod},"spec":{"containers":[${many(100_000, () => '{"name":"web"}')}]}}`,
    400,
    "duplicate entries for key",
  ],
  [
    "an item of fields that no kind has",
    apply,
    pod,
    `{${aPod},"spec":{"containers":[{"name":"web",${many(150_000, (index) => `"u${index}":1`)}}]}}`,
    400,
    "field not declared in schema",
  ],
  [
    "one field of YAML in every line",
    apply,
    `${configMap}?fieldValidation=Strict`,
    `${aConfigMap
      .replaceAll(/[{}"]/g, "")
      .replace("metadata:name", "metadata: {name")
      .replaceAll(/(?<=apiVersion|kind):/g, ": ")
      .replaceAll(",", "\n")
      .replace("name:there", "name: there}")}\ndata:\n${'  a: "1"\n'.repeat(100_000)}`,
    400,
    "already set in map",
  ],
  [
    "copies of copies",
    jsonPatch,
    configMap,
    `[{"op":"add","path":"/x","value":["aaaaaaaaaa"]},${many(60, () => '{"op":"copy","from":"/x","path":"/x/-"}')}]`,
    422,
    "the server rejected our request",
  ],
  [
    "ten thousand insertions at the front",
    jsonPatch,
    configMap,
    `[{"op":"add","path":"/metadata/finalizers","value":[${many(50_000, () => '"!"')}]},${many(9000, () => '{"op":"add","path":"/metadata/finalizers/0","value":"!"}')}]`,
    422,
    "metadata.finalizers",
  ],
])(
  "a patch of %s is answered in bounded time and size while others are served",
  { timeout: 60_000 },
  async (_what, type, path, body, status, says) => {
    const separator = path.includes("?") ? "&" : "?";
    const named = type === apply ? `${path}${separator}fieldManager=me` : path;
    const { answer, reads, longest } = await busy.whileOthersRead(() => busy.send("PATCH", named, { type, body }));
    expect({ status: answer.status, says: answer.text.slice(0, 500) }).toMatchObject({ status });
    expect(answer.text.includes(says), answer.text.slice(0, 500)).toBe(true);
    expect(answer.text.length).toBeLessThan(longestAnswer);
    expect(reads).toBeGreaterThan(0);
    expect(longest).toBeLessThan(longestTurn);
  },
);

test("fields below a name of a megabyte are told in conflicts by the name's beginning", { timeout: 60_000 }, async () => {
  const target = "/apis/stable.example.com/v1/namespaces/default/crontabs/deep";
  const config = (value: number): string =>
    `{"apiVersion":"stable.example.com/v1","kind":"CronTab","metadata":{"name":"deep"},"spec":{"${longName}":{${many(20_000, (index) => `"u${index}":${value}`)}}}}`;
  const first = await busy.send("PATCH", `${target}?fieldManager=me`, { type: apply, body: config(1) });
  expect(first.status, first.text.slice(0, 500)).toBe(201);
  const { answer, longest } = await busy.whileOthersRead(() =>
    busy.send("PATCH", `${target}?fieldManager=you`, { type: apply, body: config(2) }),
  );
  expect(answer.status, answer.text.slice(0, 500)).toBe(409);
  expect(answer.text.length).toBeLessThan(longestAnswer);
  expect(longest).toBeLessThan(longestTurn);
});
