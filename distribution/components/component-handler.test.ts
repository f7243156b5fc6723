import { type Handler, type Headers, isUpgrade, type Peer, silent, type UserInfo } from "@kubets/machinery";
import { expect, test } from "vitest";
import { componentHandler, type ComponentHandlerOptions } from "./component-handler.ts";

const stranger: Peer = { via: "network", address: "192.0.2.1" };
const prometheus: Peer = { ...stranger, certificate: { commonName: "prometheus", organizations: ["watchers"], fingerprint: "" } };

function handlerOf(
  options: Partial<ComponentHandlerOptions> = {},
): (path: string, peer?: Peer, headers?: Headers) => Promise<readonly [number, string]> {
  const ping = { name: "ping", check: () => Promise.resolve() };
  const handle: Handler = componentHandler({
    logger: silent,
    metricsText: async () => "up 1\n",
    livez: [ping],
    readyz: [],
    open: ["/healthz", "/readyz", "/livez"],
    ...options,
  });
  return async (path, peer = stranger, headers = {}) => {
    const answer = await handle({ method: "GET", target: path, headers }, peer, new AbortController().signal);
    if (isUpgrade(answer) || answer.body.kind !== "bytes") throw new Error("no text");
    return [answer.status, new TextDecoder().decode(answer.body.bytes())];
  };
}

test("health is told to everybody, with what is wrong", async () => {
  const loading = { name: "informer-sync", check: () => Promise.reject(new Error("not yet")) };
  const ask = handlerOf({ readyz: [loading], open: ["/healthz", "/livez/*", "/readyz"] });
  expect(await ask("/healthz")).toEqual([200, "ok"]);
  expect(await ask("/livez/ping")).toEqual([200, "ok"]);
  expect(await ask("/readyz")).toEqual([500, "[+]ping ok\n[-]informer-sync failed: reason withheld\nreadyz check failed\n"]);
  expect(await ask("/readyz?exclude=informer-sync&verbose")).toEqual([
    200,
    "[+]ping ok\n[+]informer-sync excluded: ok\nreadyz check passed\n",
  ]);
});

test("metrics are told to those of whom the cluster says that they may read them", async () => {
  const asked: UserInfo[] = [];
  const authorization = {
    isAllowed: async (user: UserInfo) => {
      asked.push(user);
      return user.name === "prometheus";
    },
  };
  const ask = handlerOf({ authorization });
  expect(await ask("/metrics", prometheus)).toEqual([200, "up 1\n"]);
  const [status, text] = await ask("/metrics");
  expect([status, JSON.parse(text).message]).toEqual([403, 'forbidden: User "system:anonymous" cannot get path "/metrics"']);
  expect(asked.map(({ name, groups }) => [name, groups])).toEqual([
    ["prometheus", ["watchers", "system:authenticated"]],
    ["system:anonymous", ["system:unauthenticated"]],
  ]);
});

test("without anybody to ask, nobody may read what isn't open", async () => {
  const ask = handlerOf();
  expect((await ask("/metrics", prometheus))[0]).toBe(403);
  expect((await ask("/nothing", prometheus))[0]).toBe(403);
});
