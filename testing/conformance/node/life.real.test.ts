import { findPodCondition, isPodReady, type Pod, PodKind } from "@kubets/api";
import { expect } from "vitest";
import { type PodFacts, test } from "../real-node.ts";
import { wholeCluster } from "../whole-cluster.ts";

const cluster = wholeCluster();
const podsIn = (namespace: string) => cluster.client.resource(PodKind).in(namespace);

const isOver = ({ status }: Pod): boolean => status.phase === "Succeeded" || status.phase === "Failed";
const stateOf = ({ status }: Pod): NonNullable<Pod["status"]["containerStatuses"]>[number]["state"] =>
  status.containerStatuses?.[0]?.state ?? {};
const restartsOf = ({ status }: Pod): number => status.containerStatuses?.[0]?.restartCount ?? 0;
const ended = async (facts: PodFacts): Promise<Pod> => {
  const namespace = await cluster.namespace();
  await cluster.run(namespace, "short", facts);
  return cluster.podOnce(namespace, "short", isOver);
};
const messageOf = async (facts: PodFacts): Promise<string | undefined> => stateOf(await ended(facts)).terminated?.message;

/** A Pod that answers over HTTP, and tells what it was asked. */
async function listener(namespace: string): Promise<{ readonly ip: string; readonly asked: () => Promise<string> }> {
  const script = "while :; do printf 'HTTP/1.0 200 OK\\r\\n\\r\\nok' | nc -l -p 8080 2> /dev/null | head -1; done";
  await cluster.run(namespace, "listener", { script });
  const { status } = await cluster.podOnce(namespace, "listener", (pod) => isPodReady(pod));
  return { ip: status.podIP!, asked: () => cluster.log(namespace, "listener") };
}

async function hook(when: "postStart" | "preStop", handler: (ip: string) => object): Promise<void> {
  const namespace = await cluster.namespace();
  const { ip, asked } = await listener(namespace);
  await cluster.runReady(namespace, "hooked", {
    script: "sleep 1000",
    container: { lifecycle: { [when]: handler(ip) } },
    terminationGracePeriodSeconds: 5,
  });
  const isAsked = async (): Promise<void> => expect(await asked()).toContain(`GET /echo?msg=${when}`);
  if (when === "postStart") return cluster.until(isAsked);
  expect(await asked()).toBe("");
  await podsIn(namespace).delete("hooked");
  await cluster.until(isAsked);
}
const byCommand = (when: string) => (ip: string) => ({ exec: { command: ["wget", "-q", "-O-", `http://${ip}:8080/echo?msg=${when}`] } });
const byRequest = (when: string) => (ip: string) => ({ httpGet: { path: `/echo?msg=${when}`, host: ip, port: 8080 } });

test("NO-007 a command runs after the start of a container", { concurrent: true }, () => hook("postStart", byCommand("postStart")));
test("NO-008 a request is made after the start of a container", { concurrent: true }, () => hook("postStart", byRequest("postStart")));
test("NO-009 a command runs before the end of a container", { concurrent: true }, () => hook("preStop", byCommand("preStop")));
test("NO-010 a request is made before the end of a container", { concurrent: true }, () => hook("preStop", byRequest("preStop")));
test("NO-066 a Pod that is deleted reaches another one by its hook", { concurrent: true }, () => hook("preStop", byCommand("preStop")));

const fallback = { terminationMessagePolicy: "FallbackToLogsOnError" };

test("NO-011 a container that succeeds and only logs leaves no message", { concurrent: true }, async () => {
  expect(await messageOf({ script: "echo DONE", container: fallback })).toBeUndefined();
});

test("NO-012 a container that succeeds leaves the message that it wrote", { concurrent: true }, async () => {
  expect(await messageOf({ script: "printf OK > /dev/termination-log; echo DONE", container: fallback })).toBe("OK");
});

test("NO-013 a container that fails without a message leaves the end of its log", { concurrent: true }, async () => {
  expect(await messageOf({ script: "printf DONE; exit 1", container: fallback })).toBe("DONE");
});

test("NO-014 a message is left at another path, by who isn't root", { concurrent: true }, async () => {
  const container = { terminationMessagePath: "/dev/termination-custom-log", securityContext: { runAsUser: 1000 } };
  expect(await messageOf({ script: "printf DONE > /dev/termination-custom-log", container })).toBe("DONE");
});

test("NO-015 phase, readiness, state and count are right, however containers restart", { concurrent: true }, async () => {
  const namespace = await cluster.namespace();
  // The first run fails; the second one doesn't.
  const script = "[ -e /v/ran ] || { touch /v/ran; exit 1; }; [ $RESTART = Always ] && sleep 1000; exit 0";
  const run = (restartPolicy: "Always" | "OnFailure" | "Never"): Promise<Pod> =>
    cluster.run(namespace, restartPolicy.toLowerCase(), {
      script,
      restartPolicy,
      volume: { emptyDir: {} },
      container: { env: [{ name: "RESTART", value: restartPolicy }] },
    });
  await Promise.all([run("Always"), run("OnFailure"), run("Never")]);
  const [always, onFailure, never] = await Promise.all([
    cluster.podOnce(namespace, "always", (pod) => restartsOf(pod) === 1 && isPodReady(pod)),
    cluster.podOnce(namespace, "onfailure", isOver),
    cluster.podOnce(namespace, "never", isOver),
  ]);
  const facts = (pod: Pod): readonly unknown[] => [pod.status.phase, isPodReady(pod), Object.keys(stateOf(pod))[0], restartsOf(pod)];
  expect([always, onFailure, never].map(facts)).toEqual([
    ["Running", true, "running", 1],
    ["Succeeded", false, "terminated", 1],
    ["Failed", false, "terminated", 0],
  ]);
});

const init = (name: string, script: string): object => ({ name, image: cluster.images.shell, command: ["sh", "-c", script] });

test("NO-029 containers that prepare run in order, then the app of a Pod that always runs", { concurrent: true }, async () => {
  const namespace = await cluster.namespace();
  const pod = await cluster.runReady(namespace, "app", {
    script: "sleep 1000",
    restartPolicy: "Always",
    initContainers: [init("first", "true"), init("second", "true")],
  });
  expect(findPodCondition(pod, "Initialized")?.status).toBe("True");
  const [first, second] = pod.status.initContainerStatuses!.map(({ state }) => state.terminated!);
  expect([first, second]).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }]);
  expect(first!.finishedAt! <= second!.startedAt!).toBe(true);
});

test("NO-030 containers that prepare run in order, then the app of a Pod that runs once", { concurrent: true }, async () => {
  const pod = await ended({ script: "exit 0", initContainers: [init("first", "true"), init("second", "true")] });
  expect(pod.status).toMatchObject({ phase: "Succeeded", initContainerStatuses: [{ ready: true }, { ready: true }] });
});

test("NO-031 a container that fails to prepare fails a Pod that runs once, whose app never starts", { concurrent: true }, async () => {
  const { status } = await ended({ script: "exit 0", initContainers: [init("first", "true"), init("second", "false")] });
  expect(status).toMatchObject({ phase: "Failed", containerStatuses: [{ restartCount: 0, state: { waiting: {} } }] });
  expect(status.initContainerStatuses![1]!.state.terminated).toMatchObject({ exitCode: 1 });
});

test("NO-032 a container that fails to prepare is tried again and again, and the app never starts", { concurrent: true }, async () => {
  const namespace = await cluster.namespace();
  await cluster.run(namespace, "app", {
    script: "exit 0",
    restartPolicy: "Always",
    initContainers: [init("first", "false"), init("second", "true")],
  });
  const { status } = await cluster.podOnce(
    namespace,
    "app",
    (pod) => pod.status.initContainerStatuses?.[0]?.state.waiting?.reason === "CrashLoopBackOff",
  );
  expect(status).toMatchObject({
    phase: "Pending",
    containerStatuses: [{ restartCount: 0, state: { waiting: { reason: "PodInitializing" } } }],
  });
  expect(status.initContainerStatuses![0]!.restartCount).toBeGreaterThan(0);
  expect(status.initContainerStatuses![1]!.state).toEqual({ waiting: { reason: "PodInitializing" } });
});

test("NO-033 what a container writes is its log", { concurrent: true }, async () => {
  expect(await cluster.output(await cluster.namespace(), { script: "echo 'Hello World'" })).toBe("Hello World\n");
});

test("NO-034 a Pod whose container fails again and again can be deleted", { concurrent: true }, async () => {
  const namespace = await cluster.namespace();
  await cluster.run(namespace, "failing", { script: "exit 1", restartPolicy: "Always" });
  await cluster.podOnce(namespace, "failing", (pod) => restartsOf(pod) > 0);
  await cluster.remove(namespace, "failing");
});

test("NO-035 a container that failed says why", { concurrent: true }, async () => {
  expect(stateOf(await ended({ script: "exit 1" })).terminated).toMatchObject({ exitCode: 1, reason: "Error" });
});

test("NO-056 a Pod that is given a time to end by fails when it is over", { concurrent: true }, async () => {
  const namespace = await cluster.namespace();
  await cluster.runReady(namespace, "long", { script: "sleep 1000" });
  await podsIn(namespace).patch("long", { spec: { activeDeadlineSeconds: 1 } }, { type: "strategic" });
  const { status } = await cluster.podOnce(namespace, "long", isOver);
  expect(status).toMatchObject({ phase: "Failed", reason: "DeadlineExceeded" });
});

const addEphemeral = async (namespace: string, name: string): Promise<void> => {
  const pod = await podsIn(namespace).get("main");
  const added = { name, image: cluster.images.shell, command: ["sh", "-c", "echo polo; sleep 1000"], targetContainerName: "main" };
  const ephemeralContainers = [...(pod.spec.ephemeralContainers ?? []), added];
  await podsIn(namespace).patch("main", { spec: { ephemeralContainers } }, { type: "strategic", subresource: "ephemeralcontainers" });
};
const isUp = (name: string) => (pod: Pod) =>
  pod.status.ephemeralContainerStatuses?.some((each) => each.name === name && each.state.running !== undefined) ?? false;

test("NO-027 a container that is added to a running Pod to look into it starts", { concurrent: true }, async () => {
  const namespace = await cluster.namespace();
  await cluster.runReady(namespace, "main", { script: "sleep 1234" });
  await addEphemeral(namespace, "debugger");
  await cluster.podOnce(namespace, "main", isUp("debugger"));
  expect(await cluster.log(namespace, "main", "debugger")).toBe("polo\n");
  // It sees the processes of the one that it is to look into.
  expect(await cluster.exec(namespace, "main", ["cat", "/proc/1/cmdline"], "debugger")).toContain("1234");
});

test("NO-026 a second container can be added, and both are told of", { concurrent: true }, async () => {
  const namespace = await cluster.namespace();
  await cluster.runReady(namespace, "main", { script: "sleep 1000" });
  for (const name of ["one", "two"]) {
    await addEphemeral(namespace, name);
    await cluster.podOnce(namespace, "main", isUp(name));
  }
  const shown = (await podsIn(namespace).subresource("main", "ephemeralcontainers").get()) as Pod;
  expect(shown.spec.ephemeralContainers?.map(({ name }) => name)).toEqual(["one", "two"]);
});

test("NO-064 a command runs in a container, its output comes over a websocket", { concurrent: true }, async () => {
  const namespace = await cluster.namespace();
  await cluster.runReady(namespace, "remote", { script: "sleep 1000" });
  expect(await cluster.exec(namespace, "remote", ["echo", "remote execution test"])).toBe("remote execution test\n");
  await expect(cluster.sh(namespace, "remote", "echo trouble >&2; exit 3")).rejects.toThrow("trouble");
});

test("NO-065 a log comes over a websocket", { concurrent: true }, async () => {
  const namespace = await cluster.namespace();
  await cluster.runReady(namespace, "remote", { script: "echo container is alive; sleep 1000" });
  const target = `/api/v1/namespaces/${namespace}/pods/remote/log`;
  const protocols = ["binary.k8s.io"];
  const { messages } = await cluster.client.transport.connect({ target, protocols }, AbortSignal.timeout(10_000));
  let text = "";
  for await (const message of messages) text += new TextDecoder().decode(message);
  expect(text).toBe("container is alive\n");
});
