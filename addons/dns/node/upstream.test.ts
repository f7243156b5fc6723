import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, createTasks, silent } from "@kubets/machinery";
import { createSystemClock, turn } from "@kubets/machinery/node";
import { expect, test } from "vitest";
import { answerLikeTheWorld } from "../testing/foreign-server.ts";
import { recordTypes } from "../wire/message.ts";
import { readAnswer } from "../wire/read.ts";
import { questionBytesOf, writeQuery } from "../wire/write.ts";
import { listenDns } from "./dns-server.ts";
import { createUpstream, type UpstreamOptions } from "./upstream.ts";

const question = questionBytesOf("www.example.org", recordTypes.A);
const query = writeQuery({ questionBytes: question, checkingDisabled: false }, 4711);
const never = new AbortController().signal;
const tasks = createTasks({ turn });
const systemClock = createSystemClock();
/** Patience is a hundred times shorter. */
const hastyClock: Clock = { ...systemClock, after: (milliseconds, fire) => systemClock.after(milliseconds / 100, fire) };

function upstream(options: Partial<UpstreamOptions>): ReturnType<typeof createUpstream> {
  return createUpstream({ clock: hastyClock, tasks, own: [], ...options });
}

function listen(): ReturnType<typeof listenDns> {
  return listenDns({ resolve: answerLikeTheWorld, clock: systemClock, tasks, logger: silent, address: "127.0.0.1", port: 0 });
}

/** A server that hears everything and says nothing, or says something else first. */
async function listenOddly(reply?: Uint8Array): Promise<AsyncDisposable & { readonly server: string; readonly heard: () => number }> {
  const socket = createSocket("udp4");
  let heard = 0;
  socket.on("message", (_, { port, address }) => {
    heard++;
    if (reply !== undefined) socket.send(reply, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", () => resolve()));
  return {
    server: `127.0.0.1:${socket.address().port}`,
    heard: () => heard,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

test.each(["udp", "tcp"] as const)("a server that says nothing is passed over, and asked last from then on (%s)", async (transport) => {
  await using dead = await listenOddly();
  await using alive = await listen();
  const ask = upstream({ servers: [dead.server, `127.0.0.1:${alive.port}`] });
  for (let index = 0; index < 3; index++) {
    const answer = await ask(query, transport, never);
    expect(readAnswer(answer, question)?.answers).toMatchObject([{ address: "198.51.100.7" }]);
  }
  expect(dead.heard()).toBe(transport === "udp" ? 1 : 0);
});

test("an answer under another id is not believed", async () => {
  const forged = query.map((byte, index) => (index === 0 ? byte ^ 1 : index === 2 ? byte | 0x80 : byte));
  await using forger = await listenOddly(forged);
  await expect(upstream({ servers: [forger.server] })(query, "udp", never)).rejects.toThrow(`None of ${forger.server} answered`);
});

test("the servers are those of the machine, read again when they may have changed, without this one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dns-"));
  try {
    const path = join(folder, "resolv.conf");
    writeFileSync(path, "nameserver 10.96.0.10\n");
    const ask = upstream({ own: ["10.96.0.10"], resolvConfPath: path, systemdResolvedPath: join(folder, "none") });
    await expect(ask(query, "udp", never)).rejects.toThrow("The machine names no server that could be asked");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
