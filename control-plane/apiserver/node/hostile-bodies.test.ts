import { once } from "node:events";
import { request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerOf, type BusyServer, startBusyServer } from "../testing/while-others-read.ts";

// What was made to fill the memory or to keep the processor busy, over the network, while somebody else reads all the time.

let busy: BusyServer;
beforeAll(async () => {
  busy = await startBusyServer();
});
afterAll(() => busy[Symbol.asyncDispose]());

const configMaps = "/api/v1/namespaces/default/configmaps";
const yaml = "application/yaml";
const deep = (open: string, close: string, depth = 10_000): string => `${open.repeat(depth)}1${close.repeat(depth)}`;
const letters = "abcdefghijklmnopqrstuvwxyz";
const aliases = Array.from(letters, (letter, index) => {
  const before = letters[index - 1];
  return `${letter}: &${letter} [${Array.from({ length: 9 }, () => (before === undefined ? "x" : `*${before}`)).join(",")}]`;
}).join("\n");

// Of this thread: what others had to wait for, however busy the machine is.
const longestTurn = 500;

test.each([
  ["JSON of ten thousand levels", "application/json", deep('{"a":', "}")],
  ["lists of ten thousand levels", "application/json", `{"metadata":{"name":"a"},"data":${deep("[", "]")}}`],
  ["lists of a million levels", "application/json", deep("[", "]", 1_000_000)],
  ["YAML of ten thousand levels", yaml, deep("[", "]")],
  ["YAML whose aliases stand for more than the world has memory", yaml, aliases],
  ["protobuf that claims more than there is", "application/vnd.kubernetes.protobuf", "k8s\0\x0a\xff\xff\xff\xff\x0f"],
  ["CBOR of ten thousand levels", "application/cbor", Buffer.alloc(10_000, 0x81)],
  ["CBOR that claims more than there is", "application/cbor", Buffer.from([0xbb, 0, 0, 0, 1, 0, 0, 0, 0])],
] as const)("%s is refused while others are served", async (_what, type, body) => {
  const sent = type.endsWith("protobuf") ? Buffer.from(String(body), "latin1") : body;
  const { answer, reads, longest } = await busy.whileOthersRead(() => busy.send("POST", configMaps, { type, body: sent }));
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.text)).toMatchObject({ kind: "Status", status: "Failure", reason: "BadRequest", code: 400 });
  expect(reads).toBeGreaterThan(0);
  expect(longest).toBeLessThan(longestTurn);
});

test("of a body of a hundred megabytes hardly more is read than an object may have, by HTTP/2", async () => {
  const { answer, longest } = await busy.whileOthersRead(async () => {
    const stream = busy.reader.request({ ":method": "POST", ":path": configMaps, "content-type": "application/json" });
    stream.on("error", () => {});
    const answered = answerOf(stream);
    const sent = await sendUntilAnswered(stream, answered);
    const got = await answered;
    stream.close();
    return { ...got, sent };
  });
  expect(answer).toMatchObject({ status: 413, text: expect.stringContaining("RequestEntityTooLarge") as string });
  expect(answer.sent).toBeLessThan(16 * megabyte);
  expect(longest).toBeLessThan(longestTurn);
});

test("of a body of a hundred megabytes hardly more is read than an object may have, by HTTP/1.1, whether its length is said or not", async () => {
  for (const headers of [{ "content-length": String(100 * megabyte) }, { "transfer-encoding": "chunked" }]) {
    const { answer, longest } = await busy.whileOthersRead(async () => {
      const request = httpsRequest(`${busy.https.url}${configMaps}`, { method: "POST", ca: busy.ca, agent: false, headers });
      // The server closes the connection, whatever is still on its way.
      request.on("error", () => {});
      const answered = once(request, "response").then(async ([response]: IncomingMessage[]) => {
        let text = "";
        for await (const part of response!.setEncoding("utf8")) text += String(part);
        return { status: response!.statusCode, text };
      });
      const sent = await sendUntilAnswered(request, answered);
      return { ...(await answered), sent };
    });
    expect(answer).toMatchObject({ status: 413, text: expect.stringContaining("RequestEntityTooLarge") as string });
    expect(answer.sent).toBeLessThan(16 * megabyte);
    expect(longest).toBeLessThan(longestTurn);
  }
});

const megabyte = 2 ** 20;

/** Writes up to a hundred megabytes, as fast as they are taken. Answers how many bytes went. */
async function sendUntilAnswered(
  stream: NodeJS.WritableStream & { readonly destroyed: boolean },
  answered: Promise<unknown>,
): Promise<number> {
  const progress = { isAnswered: false };
  const end = answered.then(() => {
    progress.isAnswered = true;
  });
  const chunk = Buffer.alloc(megabyte, "[");
  let sent = 0;
  while (!progress.isAnswered && !stream.destroyed && sent < 100 * megabyte) {
    sent += chunk.length;
    if (!stream.write(chunk)) await Promise.race([once(stream, "drain"), once(stream, "close"), end]);
  }
  return sent;
}

test("one text of a megabyte isn't multiplied by aliases", async () => {
  const aliases = Array.from({ length: 50_000 }, (_, index) => `  k${index}: *long`).join("\n");
  const body = `x: &long ${"a".repeat(megabyte)}\nmetadata:\n  name: a\ndata:\n${aliases}\n`;
  const { answer, longest } = await busy.whileOthersRead(() => busy.send("POST", configMaps, { type: yaml, body }));
  expect(answer).toMatchObject({ status: 400, text: expect.stringContaining("document contains excessive aliasing") as string });
  expect(longest).toBeLessThan(longestTurn);
});
