import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { busyboxImage, echoImage } from "@kubets/images";
import { type RealCluster, realCluster, whyNoRealCluster } from "@kubets/walk/real-cluster";
import { afterAll, beforeAll, expect, test as anyTest } from "vitest";

// What kubectl does with containers that answer: over the whole program, on a real node.

const obstacle = whyNoRealCluster();
if (obstacle !== undefined) console.warn(`Behaviours of kubectl with real containers were not looked at: ${obstacle}`);
const test: typeof anyTest = obstacle === undefined ? anyTest : (anyTest.skip as typeof anyTest);

let cluster: RealCluster;
beforeAll(async () => {
  if (obstacle !== undefined) return;
  cluster = realCluster({ name: "cli", port: 17_446 });
  await cluster.up();
  await cluster.loadImages({ "docker.io/library/busybox:1": busyboxImage(), "docker.io/library/echo:1": echoImage() });
}, 180_000);
afterAll(() => (obstacle === undefined ? cluster.purge() : undefined), 120_000);

/** Writes a manifest; answers its path. */
function file(name: string, text: string): string {
  const path = join(cluster.folder, name);
  writeFileSync(path, text);
  return path;
}

async function namespace(name: string): Promise<string> {
  await cluster.k("create", "namespace", name);
  await cluster.until("the namespace has its service account", async () => (await cluster.k("get", "sa", "-n", name)).includes("default"));
  return name;
}

test("CL-001 an application of two tiers works through Services and DNS, and is removed again", async () => {
  const inside = await namespace("guestbook");
  // The shell's own wget asks no DNS: it is linked statically.
  const page = [
    "#!/bin/sh",
    "echo Content-Type: text/plain; echo",
    `address=$(nslookup -type=a backend.${inside}.svc.cluster.local | sed -n "s/^Address: //p")`,
    "wget -qO- http://$address/hostname",
  ];
  const lines = page.map((line) => `'${line}'`).join(" ");
  const script = `mkdir -p /www/cgi-bin; printf '%s\n' ${lines} > /www/cgi-bin/guestbook; chmod +x /www/cgi-bin/guestbook; exec httpd -f -p 8080 -h /www`;
  const manifest = file(
    "guestbook.yaml",
    `
apiVersion: apps/v1
kind: Deployment
metadata: { name: backend }
spec:
  replicas: 2
  selector: { matchLabels: { tier: backend } }
  template:
    metadata: { labels: { tier: backend } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: echo, image: "echo:1", ports: [{ name: http, containerPort: 8080 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: backend }
spec: { selector: { tier: backend }, ports: [{ port: 80, targetPort: http }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: frontend }
spec:
  replicas: 3
  selector: { matchLabels: { tier: frontend } }
  template:
    metadata: { labels: { tier: frontend } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: web, image: "busybox:1", command: [sh, -c, ${JSON.stringify(script)}], ports: [{ containerPort: 8080 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: frontend }
spec: { selector: { tier: frontend }, ports: [{ port: 80, targetPort: 8080 }] }
`,
  );
  await cluster.k("create", "-f", manifest, "-n", inside);
  for (const name of ["backend", "frontend"]) await cluster.k("rollout", "status", `deployment/${name}`, "--timeout=60s", "-n", inside);
  const path = `/api/v1/namespaces/${inside}/services/frontend/proxy/cgi-bin/guestbook`;
  await cluster.until("the frontend reaches the backend", async () => /^backend-\w+-\w+\n$/.test(await cluster.k("get", "--raw", path)));
  await cluster.k("delete", "-f", manifest, "-n", inside, "--grace-period=0", "--force");
  await cluster.until("nothing of it is left", async () => (await cluster.k("get", "pods,svc,deploy", "-n", inside, "-o", "name")) === "");
});

const controller = (replicas: number): string => `
apiVersion: v1
kind: ReplicationController
metadata: { name: update-demo }
spec:
  replicas: ${replicas}
  selector: { name: update-demo }
  template:
    metadata: { labels: { name: update-demo } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: update-demo, image: "echo:1", ports: [{ containerPort: 8080 }] }]
`;

/** Waits until so many Pods run, and each of them has answered with its own name. */
async function answering(inside: string, count: number): Promise<void> {
  const names = async (): Promise<readonly string[]> => {
    const text = await cluster.k("get", "pods", "-l", "name=update-demo", "-n", inside, "-o", "jsonpath={.items[*].metadata.name}");
    return text.split(" ").filter((name) => name !== "");
  };
  await cluster.until(`${count} Pods answer`, async () => {
    const found = await names();
    // One on its way out answers no more, or late.
    if (found.length !== count) return false;
    const answers = await Promise.all(
      found.map((name) => cluster.k("get", "--raw", `/api/v1/namespaces/${inside}/pods/${name}:8080/proxy/hostname`)),
    );
    return found.every((name, at) => answers[at] === `${name}\n`);
  });
}

test("CL-015 a ReplicationController from a manifest gets two Pods that answer, and goes with them", async () => {
  const inside = await namespace("update-demo");
  await cluster.k("create", "-f", file("update-demo.yaml", controller(2)), "-n", inside);
  await answering(inside, 2);
  await cluster.k("delete", "rc", "update-demo", "-n", inside);
  await cluster.until("its Pods are gone", async () => (await cluster.k("get", "rc,pods", "-n", inside, "-o", "name")) === "");
});

test("CL-016 a ReplicationController is scaled from two to one and back", async () => {
  const inside = await namespace("scale-demo");
  await cluster.k("create", "-f", file("scale-demo.yaml", controller(2)), "-n", inside);
  await answering(inside, 2);
  for (const count of [1, 2]) {
    await cluster.k("scale", "rc", "update-demo", `--replicas=${count}`, "--timeout=5m", "-n", inside);
    await answering(inside, count);
  }
});

test("CL-017 logs are filtered by lines, bytes and time, and come with times", async () => {
  const inside = await namespace("logs");
  const script = "for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i of the log; done; sleep 1000";
  await cluster.k(
    "run",
    "logger",
    "--image=busybox:1",
    "--image-pull-policy=IfNotPresent",
    "-n",
    inside,
    "--command",
    "--",
    "sh",
    "-c",
    script,
  );
  await cluster.k("wait", "pod/logger", "--for=condition=Ready", "--timeout=30s", "-n", inside);
  const logs = (...args: readonly string[]): Promise<string> => cluster.k("logs", "logger", "logger", "-n", inside, ...args);
  await cluster.until("all is said", async () => (await logs()).endsWith("line 10 of the log\n"));
  expect(await logs("--tail=1")).toBe("line 10 of the log\n");
  expect(await logs("--limit-bytes=1")).toBe("l");
  const [, time = ""] = /^(\S+) line 10 of the log\n$/.exec(await logs("--tail=1", "--timestamps")) ?? [];
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
  expect((await logs("--since=24h")).split("\n")).toHaveLength(11);
  await cluster.until("the last second was silent", async () => (await logs("--since=1s")) === "");
});
