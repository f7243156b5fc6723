import { LeaseKind } from "@kubets/api";
import { serviceUnavailable } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { createClient } from "./client-implementation.ts";
import type { Client } from "./client.ts";
import { electLeader } from "./leader-election.ts";
import { type ServedWorld, startServer } from "./testing/api-server.ts";

interface Contender {
  readonly identity: string;
  readonly history: readonly string[];
  readonly outcome: Promise<string>;
  stop(): Promise<string>;
}

const lease = { namespace: "kube-system", name: "the-loop" };

/** A contender that notes when it leads, and leads until it is told to stop. */
function contender(
  s: ServedWorld,
  identity: string,
  { client = s.client, history = [] }: { readonly client?: Client; readonly history?: string[] } = {},
): Contender {
  const stopping = new AbortController();
  const outcome = electLeader({
    ...s,
    client,
    lease,
    identity,
    signal: stopping.signal,
    async onStartedLeading(signal) {
      history.push(`${identity} leads`);
      await new Promise((resolve) => void signal.addEventListener("abort", resolve));
      history.push(`${identity} ends`);
    },
  });
  const stop = async (): Promise<string> => {
    stopping.abort();
    return outcome;
  };
  s.defer(async () => void (await stop()));
  return { identity, history, outcome, stop };
}

/** A client whose requests can be made to fail. */
function breakable({ client }: ServedWorld): { readonly client: Client; broken: boolean } {
  const state: { readonly client: Client; broken: boolean } = {
    broken: false,
    client: createClient({
      ...client.transport,
      send: (request, signal) => (state.broken ? Promise.reject(new Error("the network is down")) : client.transport.send(request, signal)),
    }),
  };
  return state;
}

describe("of two contenders for a lease", () => {
  test("one leads and renews for as long as it wants", async () => {
    await using s = await startServer();
    const history: string[] = [];
    contender(s, "first", { history });
    await s.tasks.settle();
    contender(s, "second", { history });
    await s.clock.advance(300_000);
    expect(history).toEqual(["first leads"]);
    const { spec } = await s.client.resource(LeaseKind).in("kube-system").get("the-loop");
    expect(spec).toMatchObject({
      holderIdentity: "first",
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      acquireTime: "2026-01-01T12:00:00.000000Z",
    });
  });

  test("the second takes over within two tries when the first stops, because it gives the lease up", async () => {
    await using s = await startServer();
    const history: string[] = [];
    const first = contender(s, "first", { history });
    await s.tasks.settle();
    contender(s, "second", { history });
    await s.clock.advance(30_000);
    expect(await first.stop()).toBe("stopped");
    expect(history).toEqual(["first leads", "first ends"]);
    await s.clock.advance(2 * 2.2 * 2_000);
    expect(history).toEqual(["first leads", "first ends", "second leads"]);
    const { spec } = await s.client.resource(LeaseKind).in("kube-system").get("the-loop");
    expect(spec).toMatchObject({ holderIdentity: "second", leaseTransitions: 1 });
  });

  test("the first has ended before the second leads when the first can't renew", async () => {
    await using s = await startServer();
    const history: string[] = [];
    const network = breakable(s);
    const first = contender(s, "first", { history, client: network.client });
    await s.tasks.settle();
    contender(s, "second", { history });
    await s.clock.advance(20_000);
    network.broken = true;
    await s.clock.advance(12_001);
    expect(history).toEqual(["first leads", "first ends"]);
    expect(await first.outcome).toBe("lost");
    await s.clock.advance(15_000);
    expect(history).toEqual(["first leads", "first ends", "second leads"]);
  });

  test("a leader survives an outage that is shorter than its deadline", async () => {
    await using s = await startServer();
    const network = breakable(s);
    const { history } = contender(s, "first", { client: network.client });
    await s.clock.advance(10_000);
    network.broken = true;
    await s.clock.advance(7_000);
    network.broken = false;
    await s.clock.advance(60_000);
    expect(history).toEqual(["first leads"]);
  });

  test("a lease whose clock is far off is not taken before it was watched for its whole duration", async () => {
    await using s = await startServer();
    await s.client
      .resource(LeaseKind)
      .in("kube-system")
      .create({
        metadata: { name: "the-loop" },
        spec: { holderIdentity: "elsewhere", leaseDurationSeconds: 15, renewTime: "1999-01-01T00:00:00.000000Z", leaseTransitions: 4 },
      });
    const { history } = contender(s, "first");
    await s.clock.advance(14_999);
    expect(history).toEqual([]);
    await s.clock.advance(5_000);
    expect(history).toEqual(["first leads"]);
    expect((await s.client.resource(LeaseKind).in("kube-system").get("the-loop")).spec.leaseTransitions).toBe(5);
  });
});

test("a leader whose work ends gives the lease up; one whose work fails does so too, and says why", async () => {
  await using s = await startServer();
  const never = new AbortController().signal;
  const common = { ...s, lease, identity: "a", signal: never };
  expect(await electLeader({ ...common, onStartedLeading: async () => {} })).toBe("done");
  const failing = electLeader({ ...common, onStartedLeading: () => Promise.reject(serviceUnavailable("no")) });
  await expect(failing).rejects.toMatchObject({ reason: "ServiceUnavailable" });
  expect((await s.client.resource(LeaseKind).in("kube-system").get("the-loop")).spec.holderIdentity).toBe("");
});
