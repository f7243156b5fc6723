import type { FlowSchema, PriorityLevelConfiguration } from "@kubets/api";
import type { UserInfo } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import type { Endpoint } from "../contracts.ts";
import { admin, type Answer, startTestServer, type TestServer } from "../testing/test-server.ts";
import { LevelQueues } from "./level-queues.ts";
import { handOf } from "./shuffle-sharding.ts";

const root = "/apis/flowcontrol.apiserver.k8s.io/v1";
const jane: UserInfo = { name: "jane", groups: ["system:authenticated"] };
const joe: UserInfo = { ...jane, name: "joe" };

interface World extends TestServer {
  /** The users of the requests that are being answered now. */
  answering(): readonly string[];
  /** Lets the oldest of them be answered. */
  finish(): Promise<void>;
  /** Sends a request that takes until it is finished. */
  ask(user: UserInfo): Promise<Answer>;
}

/** A server whose requests take as long as a test wants, and serves two of them at once at the level of people. */
async function aServerFor({
  limitResponse,
  ...borrowing
}: {
  readonly limitResponse: object;
  readonly borrowingLimitPercent?: number;
}): Promise<World> {
  const users = new Map([admin, jane, joe].map((user) => [user.name, user]));
  const pending: { readonly user: string; readonly end: () => void }[] = [];
  const endpoint: Endpoint = async ({ user, idle }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    pending.push({ user: user.name, end: resolve });
    await idle(promise);
    return { status: 200, headers: {}, body: { kind: "bytes", bytes: () => new Uint8Array() } };
  };
  const world = await startTestServer({
    limits: { reading: 2, mutating: 1 },
    parts: {
      authenticators: [{ name: "by header", authenticate: async ({ headers }) => users.get(headers["user"] ?? "admin") }],
      pathEndpoints: [{ path: "/slow", endpoint }],
    },
  });
  const level = (name: string, spec: object): object => ({ metadata: { name }, spec });
  const send = async (resource: string, body: object): Promise<void> => {
    const { status, text } = await world.send("POST", `${root}/${resource}`, { body });
    expect(status, text).toBe(201);
  };
  await send("prioritylevelconfigurations", level("exempt", { type: "Exempt" }));
  await send(
    "prioritylevelconfigurations",
    level("people", { type: "Limited", limited: { nominalConcurrencyShares: 20, limitResponse, ...borrowing } }),
  );
  await send(
    "prioritylevelconfigurations",
    level("rest", { type: "Limited", limited: { nominalConcurrencyShares: 10, lendablePercent: 100, limitResponse: { type: "Reject" } } }),
  );
  const schema = (name: string, to: string, precedence: number, group: string): object => ({
    metadata: { name },
    spec: {
      priorityLevelConfiguration: { name: to },
      matchingPrecedence: precedence,
      distinguisherMethod: { type: "ByUser" },
      rules: [
        {
          subjects: [{ kind: "Group", group: { name: group } }],
          resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] }],
          nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
        },
      ],
    },
  });
  await send("flowschemas", schema("exempt", "exempt", 1, "system:masters"));
  await send("flowschemas", schema("people", "people", 1000, "system:authenticated"));
  return Object.assign(world, {
    answering: () => pending.map(({ user }) => user),
    async finish() {
      pending.shift()!.end();
      await world.tasks.turn();
    },
    async ask(user: UserInfo) {
      return world.send("GET", "/slow", { headers: { user: user.name } });
    },
  });
}

async function idOf(world: TestServer, resource: string, name: string): Promise<string> {
  const { json } = await world.send("GET", `${root}/${resource}/${name}`);
  return (json as unknown as FlowSchema | PriorityLevelConfiguration).metadata.uid;
}

test("an answer says under which schema and level the request fell", async () => {
  await using world = await aServerFor({ limitResponse: { type: "Reject" } });
  const headers = async (user: string): Promise<Answer["headers"]> => (await world.send("GET", "/version", { headers: { user } })).headers;
  const uids = async (schema: string): Promise<object> => ({
    "x-kubernetes-pf-flowschema-uid": await idOf(world, "flowschemas", schema),
    "x-kubernetes-pf-prioritylevel-uid": await idOf(world, "prioritylevelconfigurations", schema),
  });
  expect(await headers("jane")).toMatchObject(await uids("people"));
  expect(await headers("admin")).toMatchObject(await uids("exempt"));
});

test("a level serves its share at once and refuses the rest; who is exempt is served", async () => {
  await using world = await aServerFor({ limitResponse: { type: "Reject" } });
  const served = [world.ask(jane), world.ask(jane)];
  await world.tasks.turn();
  const refused = await world.ask(joe);
  expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "1"]);
  const exempt = world.ask(admin);
  await world.tasks.turn();
  expect(world.answering()).toEqual(["jane", "jane", "admin"]);
  for (let left = 3; left > 0; left--) await world.finish();
  expect(await Promise.all([...served, exempt].map(async (answer) => (await answer).status))).toEqual([200, 200, 200]);
});

test("with queues requests wait for their turn, and flows take turns however many requests each has", async () => {
  await using world = await aServerFor({ limitResponse: { type: "Queue", queuing: { queues: 64, handSize: 4, queueLengthLimit: 10 } } });
  const all = [world.ask(jane), world.ask(jane)];
  await world.tasks.turn();
  for (let more = 0; more < 5; more++) all.push(world.ask(jane));
  await world.tasks.turn();
  all.push(world.ask(joe));
  await world.tasks.turn();
  expect(world.answering()).toEqual(["jane", "jane"]);
  const order: string[] = [];
  for (let left = all.length; left > 0; left--) {
    order.push(world.answering()[0]!);
    await world.finish();
    await world.tasks.turn();
  }
  // Joe came last and is served before most of what jane had waiting: in four of her queues at most stood one before him.
  expect(order.indexOf("joe")).toBeLessThan(7);
  expect(new Set(await Promise.all(all.map(async (answer) => (await answer).status)))).toEqual(new Set([200]));
});

test("who finds the queues full is told to come again, and people can look at who waits", async () => {
  await using world = await aServerFor({ limitResponse: { type: "Queue", queuing: { queues: 1, handSize: 1, queueLengthLimit: 1 } } });
  const served = [world.ask(jane), world.ask(jane)];
  await world.tasks.turn();
  const late = world.ask(joe);
  await world.tasks.turn();
  // The queue is full.
  expect((await world.ask(joe)).status).toBe(429);
  const dump = await world.send("GET", "/debug/api_priority_and_fairness/dump_priority_levels");
  expect(dump.text).toContain("people, 1, false, false, 1, 2, 2, 1, 0, 0");
  await world.finish();
  await world.finish();
  await world.tasks.turn();
  await world.finish();
  expect((await late).status).toBe(200);
  await Promise.all(served);
});

test("who has waited for fifteen seconds is told to come again", async () => {
  const limitResponse = { type: "Queue", queuing: { queues: 1, handSize: 1, queueLengthLimit: 5 } };
  await using world = await aServerFor({ limitResponse, borrowingLimitPercent: 0 });
  const served = [world.ask(jane), world.ask(jane)];
  await world.tasks.turn();
  const late = world.ask(joe);
  await world.tasks.turn();
  await world.clock.advance(14_999);
  expect(await waitingAndTimedOut(world)).toEqual({ waiting: "1", timedOut: "0" });
  await world.clock.advance(1);
  const { status, headers } = await late;
  expect({ status, retryAfter: headers["retry-after"] }).toEqual({ status: 429, retryAfter: "1" });
  expect(await waitingAndTimedOut(world)).toEqual({ waiting: "0", timedOut: "1" });
  for (const each of served) {
    await world.finish();
    expect((await each).status).toBe(200);
  }
});

async function waitingAndTimedOut(world: World): Promise<object> {
  const { text } = await world.send("GET", "/debug/api_priority_and_fairness/dump_priority_levels");
  const row = text.split("\n").find((line) => line.startsWith("people,"))!;
  const [, , , , waiting, , , , timedOut] = row.split(", ");
  return { waiting, timedOut };
}

describe("of a level that lends", () => {
  const limitResponse = { type: "Queue", queuing: { queues: 8, handSize: 1, queueLengthLimit: 5 } };

  /** Three requests of people, whose own are two seats, and after ten seconds one more. */
  async function flood(world: World): Promise<readonly string[]> {
    const all = [world.ask(jane), world.ask(jane)];
    await world.tasks.turn();
    all.push(world.ask(jane));
    await world.clock.advance(10_000);
    all.push(world.ask(joe));
    await world.tasks.turn();
    const answering = world.answering();
    for (let left = all.length; left > 0; left--) await world.finish();
    expect(new Set(await Promise.all(all.map(async (answer) => (await answer).status)))).toEqual(new Set([200]));
    return answering;
  }

  test("another has a seat while it isn't used", async () => {
    await using world = await aServerFor({ limitResponse });
    expect(await flood(world)).toEqual(["jane", "jane", "jane"]);
  });

  test("one that may not borrow has none", async () => {
    await using world = await aServerFor({ limitResponse, borrowingLimitPercent: 0 });
    expect(await flood(world)).toEqual(["jane", "jane"]);
  });
});

test("a wide request waits until there is room for it, and isn't overtaken", async () => {
  const { clock } = await aServerFor({ limitResponse: { type: "Reject" } });
  const queues = new LevelQueues({ seats: 4, queuing: { queues: 1, handSize: 1, queueLengthLimit: 5 } }, clock);
  const begun: string[] = [];
  const { signal } = new AbortController();
  const enter = async (name: string, width: number): Promise<Disposable> => {
    const seats = await queues.enter({ flow: name, width, signal, onReject() {} });
    begun.push(name);
    return seats;
  };
  const first = await enter("first", 3);
  const wide = enter("wide", 3);
  const narrow = enter("narrow", 1);
  expect(begun).toEqual(["first"]);
  first[Symbol.dispose]();
  for (const each of await Promise.all([wide, narrow])) each[Symbol.dispose]();
  expect(begun).toEqual(["first", "wide", "narrow"]);
  expect(queues.numbers).toMatchObject({ executing: 0, seatsTaken: 0, waiting: 0, dispatched: 3 });
});

test("the hands of two flows are rarely the same, and a hand holds a queue once", () => {
  const hands = Array.from({ length: 200 }, (_, index) => handOf(`flow ${index}`, { queues: 64, handSize: 6 }));
  for (const hand of hands) {
    expect(new Set(hand).size).toBe(6);
    expect(hand.every((queue) => queue >= 0 && queue < 64)).toBe(true);
  }
  expect(new Set(hands.map((hand) => hand.toSorted((a, b) => a - b).join())).size).toBe(200);
  const used = hands.flat();
  // Every queue is in some hand: the deck is dealt evenly.
  expect(new Set(used).size).toBe(64);
});
