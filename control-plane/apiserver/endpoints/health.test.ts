import { expect, test } from "vitest";
import { startTestServer, testVersion } from "../testing/test-server.ts";

test("the server says that it lives and is ready", async () => {
  await using world = await startTestServer();
  for (const path of ["/healthz", "/livez", "/readyz"]) expect(await world.send("GET", path)).toMatchObject({ status: 200, text: "ok" });
  expect((await world.send("GET", "/readyz?verbose")).text).toBe("[+]ping ok\n[+]store ok\n[+]shutdown ok\nreadyz check passed\n");
  expect(await world.send("GET", "/readyz/store")).toMatchObject({ status: 200, text: "ok" });
  expect((await world.send("GET", "/readyz/nothing")).status).toBe(404);
});

test("it isn't ready until the work after the start is done, which is tried again", async () => {
  let attempts = 0;
  const postStart = [
    {
      name: "default-objects",
      async run(): Promise<void> {
        if (++attempts < 2) throw new Error("not yet");
      },
    },
  ];
  await using world = await startTestServer({ parts: { postStart } });
  const early = await world.send("GET", "/readyz");
  expect(early.status).toBe(500);
  expect(early.text).toContain("[-]poststarthook/default-objects failed: reason withheld\n");
  expect((await world.send("GET", "/readyz?exclude=poststarthook/default-objects")).status).toBe(200);
  await world.clock.advance(1000);
  await world.server.ready();
  expect((await world.send("GET", "/readyz")).status).toBe(200);
});

test("a server that closes is no longer ready, and its store is asked too", async () => {
  let isBroken = false;
  const readyChecks = [
    {
      name: "custom",
      async check(): Promise<void> {
        if (isBroken) throw new Error("secret reason");
      },
    },
  ];
  await using world = await startTestServer({ readyChecks });
  isBroken = true;
  const broken = await world.send("GET", "/readyz");
  expect(broken).toMatchObject({ status: 500 });
  expect(broken.text).not.toContain("secret");
  isBroken = false;
  await world.server.close();
  expect((await world.send("GET", "/readyz")).text).toContain("[-]shutdown failed");
});

test("the version and the metrics are served", async () => {
  await using world = await startTestServer({ metricsText: async () => "up 1\n" });
  expect((await world.send("GET", "/version")).json).toEqual(testVersion);
  expect(await world.send("GET", "/metrics")).toMatchObject({
    status: 200,
    text: "up 1\n",
    headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
  });
});
