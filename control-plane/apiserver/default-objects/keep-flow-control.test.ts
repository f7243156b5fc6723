import { FlowSchemaKind, PriorityLevelConfigurationKind } from "@kubets/api";
import type { Kind, KubernetesObject } from "@kubets/machinery";
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

test("a second start changes nothing", async () => {
  const before = await server.store.currentRevision();
  await keepFlowControl(core, closing.signal);
  expect(await server.store.currentRevision()).toBe(before);
});
