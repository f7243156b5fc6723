import { createManualClock, createTasks, type Instant, seededRandom, silent, unmeasured } from "@kubets/machinery";
import { turn } from "@kubets/machinery/node";
import { expect, test } from "vitest";
import { createResolver, type DnsTransport, type ResolverOptions } from "./resolver.ts";
import { answerLikeTheWorld } from "./testing/foreign-server.ts";
import { aService, aSlice, viewOf } from "./testing/view.ts";
import { recordTypes, type ResourceRecord, responseCodes } from "./wire/message.ts";
import { type ForeignAnswer, readAnswer } from "./wire/read.ts";
import { questionBytesOf, writeQuery } from "./wire/write.ts";

const endpoints = Array.from({ length: 5 }, (_, index) => ({ addresses: [`10.244.0.${index}`] }));
const view = viewOf(
  [
    aService({ name: "web" }),
    aService({ name: "db", clusterIP: "None" }),
    aService({ name: "alias", type: "ExternalName", externalName: "web.default.svc.cluster.local" }),
    aService({ name: "outside", type: "ExternalName", externalName: "www.example.org" }),
    aService({ name: "circle", type: "ExternalName", externalName: "circle.default.svc.cluster.local" }),
  ],
  [aSlice("db", endpoints)],
);

interface Asked {
  readonly answers: readonly ResourceRecord[];
  readonly code: number;
}

function resolverUnderTest(options: Partial<ResolverOptions> = {}) {
  const tasks = createTasks({ turn });
  const clock = createManualClock({ start: 0 as Instant, tasks, turn });
  let forwarded = 0;
  const resolve = createResolver({
    view,
    clock,
    random: seededRandom(1),
    logger: silent,
    metrics: unmeasured,
    async upstream(query, transport, signal) {
      forwarded++;
      return (await answerLikeTheWorld(query, transport, signal))!;
    },
    ...options,
  });
  let lastId = 0;
  return {
    clock,
    forwarded: () => forwarded,
    async ask(name: string, type: keyof typeof recordTypes = "A", transport: DnsTransport = "udp"): Promise<Asked> {
      const id = ++lastId;
      const questionBytes = questionBytesOf(name, recordTypes[type]);
      const bytes = await resolve(writeQuery({ questionBytes, checkingDisabled: false }, id), transport, new AbortController().signal);
      const read: ForeignAnswer = readAnswer(bytes!, questionBytes)!;
      expect(read.id).toBe(id);
      return { answers: read.answers, code: read.code };
    },
  };
}

test("a CNAME is followed, within the cluster and out of it, and ends where it goes round", async () => {
  const { ask } = resolverUnderTest();
  expect((await ask("alias.default.svc.cluster.local")).answers).toMatchObject([
    { type: "CNAME", target: "web.default.svc.cluster.local" },
    { type: "A", address: "10.96.0.1" },
  ]);
  expect((await ask("outside.default.svc.cluster.local")).answers).toMatchObject([
    { type: "CNAME" },
    { type: "A", address: "198.51.100.7" },
  ]);
  expect((await ask("circle.default.svc.cluster.local")).answers.length).toBeLessThan(12);
});

test("the addresses of a headless Service come in changing order", async () => {
  const { ask } = resolverUnderTest();
  const firsts = new Set<string>();
  for (let index = 0; index < 50; index++) {
    const [first] = (await ask("db.default.svc.cluster.local")).answers;
    if (first?.type === "A") firsts.add(first.address);
  }
  expect(firsts.size).toBe(5);
});

test("what others answer is kept for as long as they say, counted down, and no longer than half a minute", async () => {
  const { ask, clock, forwarded } = resolverUnderTest();
  expect((await ask("www.example.org")).answers).toMatchObject([{ ttl: 60 }]);
  await clock.advance(20_000);
  expect((await ask("www.example.org")).answers).toMatchObject([{ ttl: 40 }]);
  expect(forwarded()).toBe(1);
  await clock.advance(11_000);
  await ask("www.example.org");
  expect(forwarded()).toBe(2);
});

test("when nobody out there answers, or answers something else, the server says that it failed", async () => {
  const dead = resolverUnderTest({ upstream: () => Promise.reject(new Error("no route")) });
  expect(await dead.ask("www.example.org")).toEqual({ answers: [], code: responseCodes.serverFailure });
  const liar = resolverUnderTest({
    async upstream(query, transport, signal) {
      const answer = await answerLikeTheWorld(query, transport, signal);
      return answer!.map((byte, index) => (index === 0 ? byte ^ 1 : byte));
    },
  });
  expect(await liar.ask("www.example.org")).toEqual({ answers: [], code: responseCodes.serverFailure });
});

test("a question that comes back to us is not asked again, and ends when its first asking does", async () => {
  let asked = 0;
  const over = Promise.withResolvers<Uint8Array>();
  const server = resolverUnderTest({
    upstream() {
      asked++;
      return over.promise;
    },
  });
  const first = server.ask("www.example.org");
  const back = server.ask("www.example.org");
  over.reject(new Error("nobody answered in time"));
  expect([asked, (await first).code, (await back).code]).toEqual([1, responseCodes.serverFailure, responseCodes.serverFailure]);
});

test("clients that ask the same at once get the same answer, each under its own id", async () => {
  const { ask, forwarded } = resolverUnderTest();
  const replies = await Promise.all([ask("www.example.org"), ask("www.example.org"), ask("www.example.org")]);
  expect([forwarded(), new Set(replies.map(({ answers }) => JSON.stringify(answers))).size]).toEqual([1, 1]);
});

test("too many questions for others at once fail, while names of the cluster are answered", async () => {
  const waiting = Promise.withResolvers<Uint8Array>();
  const { ask } = resolverUnderTest({ mostForwarded: 1, upstream: () => waiting.promise });
  const first = ask("a.example.org");
  expect((await ask("b.example.org")).code).toBe(responseCodes.serverFailure);
  expect((await ask("web.default.svc.cluster.local")).answers).toHaveLength(1);
  waiting.reject(new Error("over"));
  expect((await first).code).toBe(responseCodes.serverFailure);
});
