import { execFile, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { busyboxImage, echoImage } from "@kubets/images";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ctr, type Footprint, footprintOf } from "./footprint.ts";
import { kubectl, type RealCluster, realCluster, whyNoRealCluster } from "./real-cluster.ts";
import { watchRoll } from "./roll.ts";

// The walk of a new user: `kubets up` as a program of its own, a real kubectl, real containers.

const obstacle = whyNoRealCluster();
if (obstacle !== undefined) console.warn(`The walk on a real node did not run: ${obstacle}`);

const run = promisify(execFile);
const name = "walk";
const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: echo:1
        ports: [{ containerPort: 8080, name: http }]
        startupProbe: { tcpSocket: { port: http }, periodSeconds: 1, failureThreshold: 30 }
        readinessProbe: { httpGet: { path: /healthz, port: http }, periodSeconds: 1 }
        livenessProbe: { exec: { command: [test, "!", -e, /www/dead] }, periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 10 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  selector: { app: web }
  ports: [{ port: 80, targetPort: http }]
---
apiVersion: v1
kind: Pod
metadata: { name: shell }
spec:
  terminationGracePeriodSeconds: 1
  containers: [{ name: sh, image: "busybox:1" }]
`;
/** Two Pods that don't live long. */
const short = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: short, labels: { app: short } }
spec:
  replicas: 2
  selector: { matchLabels: { app: short } }
  template:
    metadata: { labels: { app: short } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: echo, image: "echo:1" }]
`;

describe.skipIf(obstacle !== undefined)("a real node", () => {
  let cluster: RealCluster;
  let folder: string;
  const k: RealCluster["k"] = (...args) => cluster.k(...args);
  const until: RealCluster["until"] = (what, holds) => cluster.until(what, holds);
  const containers = async (): Promise<string> =>
    k("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].status.containerStatuses[0].containerID}");
  const footprint = (): Promise<Footprint> => footprintOf({ name, folder });
  const memoryVolumes = (): number => readFileSync("/proc/mounts", "utf8").split(`tmpfs ${folder}/data/node/kubelet/pods/`).length - 1;

  beforeAll(async () => {
    cluster = realCluster({ name, port: 17_443 });
    ({ folder } = cluster);
    writeFileSync(join(folder, "walk.yaml"), manifest);
    writeFileSync(join(folder, "short.yaml"), short);
    const echo = echoImage();
    await cluster.up();
    await cluster.loadImages({
      "docker.io/library/busybox:1": busyboxImage(),
      "docker.io/library/echo:1": echo,
      "docker.io/library/echo:2": echo,
    });
  }, 120_000);
  afterAll(() => cluster.purge(), 120_000);

  test("a Deployment with probes and a Service becomes ready and is reached by ClusterIP, NodePort and name", async () => {
    await k("apply", "-f", join(folder, "walk.yaml"));
    await k("rollout", "status", "deployment/web", "--timeout=60s");
    await k("wait", "pod/shell", "--for=condition=Ready", "--timeout=30s");
    const [address, nodePort] = (await k("get", "service", "web", "-o", "jsonpath={.spec.clusterIP} {.spec.ports[0].nodePort}")).split(" ");
    const node = await k("get", "nodes", "-o", "jsonpath={.items[0].status.addresses[0].address}");
    const pods = (await k("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.name}")).split(" ");
    for (const url of [`http://${address}/hostname`, `http://${node}:${nodePort}/hostname`]) {
      expect(pods).toContain((await (await fetch(url)).text()).trim());
    }
    // The shell's own wget asks no DNS: it is linked statically.
    const byName = "$(nslookup -type=a web.default.svc.cluster.local | sed -n 's/^Address: //p')";
    for (const host of [address, byName]) {
      expect(pods).toContain((await k("exec", "shell", "--", "sh", "-c", `wget -qO- http://${host}/hostname`)).trim());
    }
  });

  test("get -o wide and describe tell where everything is and what happened to it", async () => {
    const [pod, node, address] = (
      await k("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[0]['metadata.name','spec.nodeName','status.podIP']}")
    ).split(" ");
    expect(await k("get", "pod", pod!, "-o", "wide")).toMatch(new RegExp(`^${pod} +1/1 +Running +0 +\\w+ +${address} +${node} `, "m"));
    expect(await k("get", "deployment", "web", "-o", "wide")).toMatch(/^web +3\/3 +3 +3 +\w+ +web +echo:1 +app=web$/m);
    expect(await k("get", "nodes", "-o", "wide")).toMatch(new RegExp(`^${node} +Ready .* containerd://`, "m"));
    expect(await k("describe", "pod", pod!)).toMatch(/Scheduled .*\n(.*\n)*.*Created .*\n(.*\n)*.*Started /);
    expect(await k("describe", "deployment", "web")).toMatch(/3 desired \| 3 updated \| 3 total \| 3 available \| 0 unavailable/);
    expect(await k("describe", "service", "web")).toContain(`${address}:8080`);
    expect(await k("describe", "node", node!)).toMatch(new RegExp(`default +${pod} `));
  });

  test("logs, exec, cp and port-forward reach the container", async () => {
    const speech = "echo before; until [ -e /tmp/more ]; do sleep 0.1; done; echo after";
    await k("run", "speaker", "--image=busybox:1", "--restart=Never", "--", "sh", "-c", speech);
    await k("wait", "pod/speaker", "--for=condition=Ready", "--timeout=30s");
    const following = spawn(kubectl!, ["logs", "-f", "speaker"], { env: cluster.environment });
    const followed = following.stdout.setEncoding("utf8")[Symbol.asyncIterator]() as AsyncIterator<string>;
    expect((await followed.next()).value).toBe("before\n");
    await k("exec", "speaker", "--", "touch", "/tmp/more");
    expect((await followed.next()).value).toBe("after\n");
    // The container's end is the log's.
    expect(await followed.next()).toMatchObject({ done: true });
    expect(await k("exec", "shell", "--", "echo", "hello")).toBe("hello\n");
    await expect(k("exec", "shell", "--", "sh", "-c", "exit 3")).rejects.toThrow("exit code 3");
    writeFileSync(join(folder, "there"), "and back");
    await k("cp", join(folder, "there"), "shell:/tmp/there");
    await k("cp", "shell:/tmp/there", join(folder, "back"));
    expect(readFileSync(join(folder, "back"), "utf8")).toBe("and back");
    const forward = spawn(kubectl!, ["port-forward", "service/web", ":80"], {
      env: cluster.environment,
    });
    try {
      const line = await new Promise<string>((resolve) => forward.stdout.once("data", (chunk: Buffer) => resolve(String(chunk))));
      const port = /127\.0\.0\.1:(\d+)/.exec(line)![1];
      expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe("ok\n");
    } finally {
      forward.kill();
    }
  });

  test("a Pod that isn't ready leaves the Service; one that isn't alive is restarted", async () => {
    const [first, second] = (await k("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.name}")).split(" ");
    await k("exec", first!, "--", "rm", "/www/healthz");
    const readyEndpoints = async (): Promise<number> =>
      (
        await k(
          "get",
          "endpointslices",
          "-l",
          "kubernetes.io/service-name=web",
          "-o",
          "jsonpath={.items[0].endpoints[?(@.conditions.ready==true)].targetRef.name}",
        )
      ).split(" ").length;
    await until("the Pod has left the slice", async () => (await readyEndpoints()) === 2);
    await k("exec", second!, "--", "touch", "/www/dead");
    await until(
      "the container is restarted",
      async () => (await k("get", "pod", second!, "-o", "jsonpath={.status.containerStatuses[0].restartCount}")) === "1",
    );
    await k("exec", first!, "--", "sh", "-c", "echo ok > /www/healthz");
    await until("all are ready again", async () => (await readyEndpoints()) === 3);
  });

  test("a container that is killed is started again in its Pod", async () => {
    const [, , pod] = (await k("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.name}")).split(" ");
    const field = (path: string): Promise<string> => k("get", "pod", pod!, "-o", `jsonpath={.status${path}}`);
    const address = await field(".podIP");
    const [, killed] = (await field(".containerStatuses[0].containerID")).split("//");
    await ctr(folder, "tasks", "kill", "--signal", "SIGKILL", killed!);
    await until("it runs again", async () => (await field(".containerStatuses[0]['restartCount','ready']")) === "1 true");
    expect(await field(".containerStatuses[0].lastState.terminated['containerID','exitCode']")).toBe(`containerd://${killed} 137`);
    expect(await field(".podIP")).toBe(address);
  });

  test("an image change rolls within maxSurge and maxUnavailable, and undo brings the old one back within others", async () => {
    const limits = (steps: Awaited<ReturnType<Awaited<ReturnType<typeof watchRoll>>["steps"]>>): object => ({
      first: steps[0]!.images,
      last: steps.at(-1)!,
      most: Math.max(...steps.map(({ kept }) => kept)),
      fewestReady: Math.min(...steps.map(({ ready }) => ready)),
    });
    const forth = await watchRoll(k, "app=web");
    await k("set", "image", "deployment/web", "web=echo:2");
    await k("rollout", "status", "deployment/web", "--timeout=60s");
    const last = { kept: 3, ready: 3 };
    expect(limits(await forth.steps())).toEqual({ first: ["echo:1"], last: { ...last, images: ["echo:2"] }, most: 4, fewestReady: 3 });
    expect(await k("rollout", "history", "deployment/web")).toMatch(/^1 +<none>\n2 +<none>$/m);
    expect(await k("rollout", "history", "deployment/web", "--revision=2")).toContain("echo:2");

    await k("patch", "deployment", "web", "-p", '{"spec":{"strategy":{"rollingUpdate":{"maxSurge":0,"maxUnavailable":1}}}}');
    const back = await watchRoll(k, "app=web");
    await k("rollout", "undo", "deployment/web", "--to-revision=1");
    await k("rollout", "status", "deployment/web", "--timeout=60s");
    expect(limits(await back.steps())).toEqual({ first: ["echo:2"], last: { ...last, images: ["echo:1"] }, most: 3, fewestReady: 2 });
    expect(await k("rollout", "history", "deployment/web")).toMatch(/^2 +<none>\n3 +<none>$/m);
  });

  test("scale, label and annotate do what they say", async () => {
    const endpoints = async (): Promise<number> =>
      (await k("get", "endpointslices", "-l", "kubernetes.io/service-name=web", "-o", "jsonpath={.items[0].endpoints[*].targetRef.name}"))
        .split(" ")
        .filter((each) => each !== "").length;
    await k("scale", "deployment/web", "--replicas=5");
    await k("rollout", "status", "deployment/web", "--timeout=60s");
    await until("all five serve", async () => (await endpoints()) === 5);
    await k("scale", "deployment/web", "--current-replicas=5", "--replicas=3");
    await until("three serve", async () => (await endpoints()) === 3);
    await expect(k("scale", "deployment/web", "--current-replicas=5", "--replicas=1")).rejects.toThrow("Expected replicas to be 5, was 3");

    // A Pod that no longer has the label is nobody's: it runs on, and another takes its place.
    const [pod, uid] = (await k("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[0].metadata['name','uid']}")).split(" ");
    expect(await k("label", "pod", pod!, "app=alone", "--overwrite")).toBe(`pod/${pod} labeled\n`);
    await until("another is in its place", async () => (await endpoints()) === 3);
    expect(await k("get", "pods", "-l", "app=alone", "-o", "jsonpath={.items[*]['metadata.uid','metadata.ownerReferences']}")).toBe(uid);
    await k("delete", "pod", pod!);

    await k("annotate", "deployment", "web", "kubernetes.io/change-cause=back again");
    await until("the history says why", async () => (await k("rollout", "history", "deployment/web")).includes("back again"));
    await k("annotate", "deployment", "web", "kubernetes.io/change-cause-");
    expect(await k("get", "deployment", "web", "-o", "jsonpath={.metadata.annotations}")).not.toContain("change-cause");
  });

  test("delete --cascade: orphan leaves the dependents, background removes them after, foreground before", async () => {
    const before = await footprint();
    const none = "";
    const names = (kinds: string): Promise<string> => k("get", kinds, "-l", "app=short", "-o", "name");
    await k("apply", "-f", join(folder, "short.yaml"));
    await k("rollout", "status", "deployment/short", "--timeout=60s");
    const [replicaSet, pods] = [(await names("replicasets")).trim(), await names("pods")];

    await k("delete", "deployment", "short", "--cascade=orphan");
    expect([await names("deployments"), await names("replicasets"), await names("pods")]).toEqual([none, `${replicaSet}\n`, pods]);
    expect(await k("get", replicaSet, "-o", "jsonpath={.metadata.ownerReferences}")).toBe(none);

    // Who comes after takes the orphans over, and their containers run on.
    await k("apply", "-f", join(folder, "short.yaml"));
    await k("rollout", "status", "deployment/short", "--timeout=60s");
    await until(
      "it has taken them over",
      async () => (await k("get", replicaSet, "-o", "jsonpath={..ownerReferences[0].name}")) === "short",
    );
    expect(await names("pods")).toBe(pods);

    await k("delete", "deployment", "short", "--cascade=background");
    await until("the dependents are gone", async () => (await names("replicasets,pods")) === none);

    await k("apply", "-f", join(folder, "short.yaml"));
    await k("rollout", "status", "deployment/short", "--timeout=60s");
    await k("delete", "deployment", "short", "--cascade=foreground", "--timeout=60s");
    expect(await names("deployments,replicasets,pods")).toBe(none);
    await expect.poll(async () => (await footprint()).containers, { timeout: 30_000, interval: 100 }).toEqual(before.containers);
  });

  test("after kill -9 the next start takes the running containers over; after Ctrl-C it starts them again", async () => {
    const before = await containers();
    // Each Pod's token lies in memory.
    expect(memoryVolumes()).toBe(4);
    await cluster.end("SIGKILL");
    await cluster.up();
    await k("rollout", "status", "deployment/web", "--timeout=30s");
    expect(await containers()).toBe(before);
    expect(memoryVolumes()).toBe(4);
    expect(await cluster.end("SIGINT")).toBe(0);
    expect((await run("nft", ["list", "tables"])).stdout).not.toContain(`kubets-${name}`);
    expect(memoryVolumes()).toBe(0);
    await cluster.up();
    await until("all containers are new and ready", async () => {
      const now = await containers();
      const ready = await k("get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}");
      return ready === "3" && now.split(" ").every((id) => !before.includes(id));
    });
    expect(memoryVolumes()).toBe(4);
  });

  test("a deleted namespace leaves nothing: no container, mount, network interface, address, rule or control group", async () => {
    const before = await footprint();
    await k("create", "namespace", "gone");
    await k("-n", "gone", "apply", "-f", join(folder, "short.yaml"));
    await k("-n", "gone", "expose", "deployment", "short", "--port=80", "--target-port=8080", "--type=NodePort");
    await k("-n", "gone", "rollout", "status", "deployment/short", "--timeout=30s");
    const uids = (await k("-n", "gone", "get", "pods", "-o", "jsonpath={.items[*].metadata.uid}")).split(" ");
    const [address, nodePort] = (
      await k("-n", "gone", "get", "service", "short", "-o", "jsonpath={.spec.clusterIP} {.spec.ports[0].nodePort}")
    ).split(" ");
    await until("the Service is served", async () => (await fetch(`http://${address}/hostname`)).ok);
    const during = await footprint();
    expect({ containers: during.containers.length, interfaces: during.interfaces.length, addresses: during.addresses.length }).toEqual({
      // A container and its sandbox each.
      containers: before.containers.length + 4,
      interfaces: before.interfaces.length + 2,
      addresses: before.addresses.length + 2,
    });
    expect(during.rules).toContain(address);
    expect(during.rules).toContain(nodePort);
    for (const uid of uids) expect(during.traces).toContain(uid);

    await k("delete", "namespace", "gone", "--timeout=60s");
    const after = expect.poll(footprint, { timeout: 30_000, interval: 100 });
    await after.toEqual({ ...before, traces: expect.any(String) as string });
    const { traces } = await footprint();
    for (const uid of uids) expect(traces).not.toContain(uid);
  });
});
