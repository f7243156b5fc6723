import { afterAll, beforeAll, expect, test } from "vitest";
import { type BusyServer, startBusyServer } from "../testing/while-others-read.ts";

// Legal bodies of nearly three megabytes, over the network, while somebody else reads all the time.

let busy: BusyServer;
beforeAll(async () => {
  busy = await startBusyServer({ yamlThread: true });
});
afterAll(() => busy[Symbol.asyncDispose]());

const configMaps = "/api/v1/namespaces/default/configmaps";
const values = Array.from({ length: 40_000 }, (_, index) => `  key-${index}: "a value of some length, number ${index}"`).join("\n");
const objectNamed = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata:\n${values}\n`;

// On the thread that serves, parsing this takes 500 ms and more. The clients run on it as well, and write and read these megabytes there.
const longestTurn = 400;

test.each([
  ["created", "POST", configMaps, "application/yaml", "created"],
  ["applied", "PATCH", `${configMaps}/applied?fieldManager=me`, "application/apply-patch+yaml", "applied"],
])("YAML that is %s is read beside the thread that serves", { timeout: 60_000 }, async (_how, method, path, type, name) => {
  const { answer, reads, longest } = await busy.whileOthersRead(() => busy.send(method, path, { type, body: objectNamed(name) }));
  // An object may be as large as its kind allows; what is asked here is that it was read.
  expect([answer.status, answer.text.slice(0, 300)]).toEqual([expect.any(Number), expect.stringMatching(/ConfigMap/v)]);
  expect(answer.status).not.toBe(400);
  expect(reads).toBeGreaterThan(1);
  expect(longest).toBeLessThan(longestTurn);
});

test("what is wrong with large YAML is said as of small", { timeout: 60_000 }, async () => {
  const twice = await busy.send("POST", `${configMaps}?fieldValidation=Strict`, {
    type: "application/yaml",
    body: `${objectNamed("a")}data: {}\n`,
  });
  expect(JSON.parse(twice.text)).toMatchObject({ code: 400, message: expect.stringContaining('key "data" already set in map') as string });
  const broken = await busy.send("POST", configMaps, { type: "application/yaml", body: `${objectNamed("a")}  x: [` });
  expect(JSON.parse(broken.text)).toMatchObject({
    code: 400,
    message: expect.stringContaining("error converting YAML to JSON: yaml: line") as string,
  });
});
