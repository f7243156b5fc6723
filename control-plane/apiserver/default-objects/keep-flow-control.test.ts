import { type FlowSchema, FlowSchemaKind, PriorityLevelConfigurationKind } from "@kubets/api";
import { formatTime, type Kind, type KubernetesObject } from "@kubets/machinery";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ServerCore } from "../index.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { keepFlowControl } from "./keep-flow-control.ts";

let server: TestServer;
let core: ServerCore;
let closing: AbortController;
beforeEach(async () => {
  closing = new AbortController();
  server = await startTestServer({
    parts: (given) => {
      core = given;
      return { postStart: [{ name: "flow control", run: (signal) => keepFlowControl(given, AbortSignal.any([signal, closing.signal])) }] };
    },
  });
  await server.tasks.settle();
});
afterEach(async () => {
  closing.abort();
  await server[Symbol.asyncDispose]();
});

const paths = {
  flows: "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
  levels: "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations",
};
const names = <T extends KubernetesObject>(kind: Kind<T>): readonly string[] =>
  core.reader.list(kind, "").map(({ metadata }) => metadata.name);
const patch = async (path: string, body: object): Promise<void> => {
  const { status } = await server.send("PATCH", path, { headers: { "content-type": "application/merge-patch+json" }, body });
  expect(status).toBe(200);
  await server.tasks.settle();
};

test("a server has the flows and levels that upstream's begin with", async () => {
  expect(names(FlowSchemaKind)).toEqual([
    "catch-all",
    "exempt",
    "global-default",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-system-service-accounts",
    "probes",
    "service-accounts",
    "system-leader-election",
    "system-node-high",
    "system-nodes",
  ]);
  expect(names(PriorityLevelConfigurationKind)).toEqual([
    "catch-all",
    "exempt",
    "global-default",
    "leader-election",
    "node-high",
    "system",
    "workload-high",
    "workload-low",
  ]);
});

test("what is deleted comes back", async () => {
  await server.send("DELETE", `${paths.levels}/workload-low`);
  await server.send("DELETE", `${paths.flows}/catch-all`);
  await server.tasks.settle();
  expect(names(PriorityLevelConfigurationKind)).toContain("workload-low");
  expect(names(FlowSchemaKind)).toContain("catch-all");
});

test("what is changed is put right, unless its annotation says that it is the operator's", async () => {
  const shares = (count: number): object => ({ spec: { limited: { nominalConcurrencyShares: count } } });
  await patch(`${paths.levels}/system`, shares(31));
  await patch(`${paths.levels}/workload-low`, { metadata: { annotations: { "apf.kubernetes.io/autoupdate-spec": "false" } } });
  await patch(`${paths.levels}/workload-low`, shares(101));
  await patch(`${paths.levels}/catch-all`, { metadata: { annotations: { "apf.kubernetes.io/autoupdate-spec": "false" } } });
  await patch(`${paths.levels}/catch-all`, shares(6));
  const now = ["system", "workload-low", "catch-all"].map(
    (name) => core.reader.get(PriorityLevelConfigurationKind, "", name)?.spec.limited?.nominalConcurrencyShares,
  );
  expect(now).toEqual([30, 101, 5]);
});

test("a schema says whether its priority level is there", async () => {
  const flow = `${paths.flows}/mine`;
  const spec = { priorityLevelConfiguration: { name: "my-level" }, matchingPrecedence: 500 };
  expect((await server.send("POST", paths.flows, { body: { metadata: { name: "mine" }, spec } })).status).toBe(201);
  await server.tasks.settle();
  const dangling = async (): Promise<unknown> => {
    await server.tasks.settle();
    const { json } = await server.send("GET", flow);
    return (json as unknown as FlowSchema).status.conditions;
  };
  const names = 'This FlowSchema references the PriorityLevelConfiguration object named "my-level"';
  const missing = { type: "Dangling", status: "True", reason: "NotFound", message: `${names} but there is no such object` };
  expect(await dangling()).toMatchObject([missing]);
  await server.clock.advance(60_000);
  const level = { metadata: { name: "my-level" }, spec: { type: "Limited", limited: { limitResponse: { type: "Reject" } } } };
  expect((await server.send("POST", paths.levels, { body: level })).status).toBe(201);
  const since = formatTime(server.clock.now());
  const found = { type: "Dangling", status: "False", reason: "Found", message: `${names} and it exists`, lastTransitionTime: since };
  expect(await dangling()).toEqual([found]);
  await server.send("DELETE", `${paths.levels}/my-level`);
  expect(await dangling()).toMatchObject([missing]);
});

test("a second start changes nothing", async () => {
  const before = await server.store.currentRevision();
  await keepFlowControl(core, closing.signal);
  expect(await server.store.currentRevision()).toBe(before);
});
