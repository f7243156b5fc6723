import { forbiddenTo } from "@kubets/machinery";
import { expect, test } from "vitest";
import { createClient } from "./client-implementation.ts";
import { createEventRecorder } from "./events.ts";
import { createInProcessTransport } from "./in-process-transport.ts";
import { aWidget, createWorld } from "./testing/harness.ts";
import { createScriptedServer } from "./testing/scripted-server.ts";

function setting() {
  const world = createWorld();
  const server = createScriptedServer(world.tasks);
  const transport = createInProcessTransport({
    handle: server.handle,
    peer: { via: "in-process", user: { name: "test", groups: [] } },
    tasks: world.tasks,
  });
  const stopping = new AbortController();
  const recorder = createEventRecorder({ client: createClient(transport), signal: stopping.signal, host: "node-1", ...world });
  const tell = (reason: string): void =>
    recorder.record({ about: aWidget("a", 5), type: "Normal", reason, message: "it did", component: "kubelet" });
  return { ...world, server, tell, stop: () => stopping.abort() };
}

test("an event is written again and again while there is no answer, and given up when the server refuses it", async () => {
  const { server, tell, clock, tasks, logged } = setting();
  tell("Pulled");
  tell("Started");
  const first = await server.next();
  const next = await server.next();
  first.breakDown(new Error("connection refused"));
  await clock.advance(10_000);
  const again = await server.next();
  expect(again.body).toMatchObject({ reason: "Pulled", source: { component: "kubelet", host: "node-1" }, count: 1 });
  again.fail(forbiddenTo({ group: "", resource: "events" }, "", "no"));
  expect(next.body).toMatchObject({ reason: "Started" });
  next.answer(next.body, 201);
  await tasks.settle();
  expect(logged.map(({ level, fields }) => [level, fields["reason"]])).toEqual([["warn", "Pulled"]]);
});

test("an event that was counted up and has expired is written anew", async () => {
  const { server, tell, tasks } = setting();
  tell("Pulled");
  (await server.next()).answer({}, 201);
  tell("Pulled");
  const patch = await server.next();
  expect(patch).toMatchObject({ request: { method: "PATCH" }, body: { count: 2 } });
  patch.answer({ kind: "Status", status: "Failure", reason: "NotFound", code: 404 }, 404);
  const anew = await server.next();
  expect(anew).toMatchObject({ request: { method: "POST" }, body: { count: 2 } });
  anew.answer({}, 201);
  await tasks.settle();
});

test("a recorder that is stopped drops what is left", async () => {
  const { server, tell, tasks, stop, logged } = setting();
  tell("Pulled");
  tell("Started");
  const { signal } = await server.next();
  stop();
  tell("Created");
  await tasks.settle();
  expect({ aborted: signal.aborted, pending: tasks.pending(), failures: tasks.failures, logged }).toEqual({
    aborted: true,
    pending: [],
    failures: [],
    logged: [],
  });
});
