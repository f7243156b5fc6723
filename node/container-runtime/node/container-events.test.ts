import { create, toBinary } from "@bufbuild/protobuf";
import type { Instant, ManualClock, Tasks } from "@kubets/machinery";
import { createManualClock, createTasks, silent } from "@kubets/machinery";
import { turn } from "@kubets/machinery/node";
import { expect, test } from "vitest";
import type { ContainerEvent } from "../container.ts";
import { taskEventsProtocol } from "../protocol/containerd.ts";
import type { RuntimeErrorReason } from "../runtime-error.ts";
import { RuntimeError } from "../runtime-error.ts";
import { containerEvents } from "./container-events.ts";
import type { GrpcConnection } from "./grpc-connection.ts";

test("a subscription begins with a listing, and so does the next one after a break", async () => {
  const runtime = scriptedRuntime();
  const { events, clock, tasks, stop } = listen(runtime);
  await tasks.settle();
  runtime.tell("/tasks/start", "c1");
  await tasks.settle();
  expect(events).toEqual([{ type: "relist" }, { type: "started", id: "c1" }]);
  runtime.breakWith("Unavailable");
  await clock.advance(499);
  expect(events.length).toBe(2);
  await clock.advance(1);
  runtime.tell("/tasks/start", "c2");
  await tasks.settle();
  expect(events.slice(2)).toEqual([{ type: "relist" }, { type: "started", id: "c2" }]);
  await stop();
});

test("a runtime without events is listed every second", async () => {
  const runtime = scriptedRuntime();
  runtime.breakWith("Unimplemented");
  const { events, clock, tasks, stop } = listen(runtime);
  await tasks.settle();
  await clock.advance(3_000);
  expect(events).toEqual([{ type: "relist" }, { type: "relist" }, { type: "relist" }]);
  await stop();
});

interface ScriptedRuntime extends GrpcConnection {
  tell(topic: string, containerId: string): void;
  /** Ends the subscription of now, or else the next one. */
  breakWith(reason: RuntimeErrorReason): void;
}

/** containerd's event service at the other end of the wire. */
function scriptedRuntime(): ScriptedRuntime {
  const waiting: (object | RuntimeError)[] = [];
  let wake = Promise.withResolvers<void>();
  const push = (item: object): void => {
    waiting.push(item);
    wake.resolve();
  };
  const type = taskEventsProtocol.messageTypeOf("TaskEvent");
  return {
    async call(_, request) {
      push({ namespace: "k8s.io", topic: request["topic"] });
      return {};
    },
    async *subscribe(_, __, { signal } = {}) {
      const aborted = new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true }));
      for (;;) {
        const item = waiting.shift();
        if (signal?.aborted) return;
        if (item instanceof RuntimeError) throw item;
        if (item !== undefined) yield item;
        else await Promise.race([wake.promise, aborted]);
        if (waiting.length === 0) wake = Promise.withResolvers();
      }
    },
    close() {},
    tell(topic, containerId) {
      push({ namespace: "k8s.io", topic, event: { typeUrl: "", value: toBinary(type, create(type, { containerId })) } });
    },
    breakWith: (reason) => push(new RuntimeError(reason, "Subscribe", "as the test wants it")),
  };
}

function listen(connection: GrpcConnection): {
  readonly events: readonly ContainerEvent[];
  readonly clock: ManualClock;
  readonly tasks: Tasks;
  stop(): Promise<void>;
} {
  const tasks = createTasks({ turn });
  const clock = createManualClock({ start: 0 as Instant, tasks, turn });
  const ended = new AbortController();
  const events: ContainerEvent[] = [];
  const listening = (async () => {
    for await (const event of containerEvents({ connection, clock, tasks, logger: silent, signal: ended.signal })) events.push(event);
  })();
  return {
    events,
    clock,
    tasks,
    async stop() {
      ended.abort();
      await listening;
      await tasks.settle();
      expect(tasks.failures).toEqual([]);
    },
  };
}
