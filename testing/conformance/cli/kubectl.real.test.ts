import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import { kubectlCluster, test } from "./kubectl-cluster.ts";

const cluster = kubectlCluster();
const { k, outcome, file } = cluster;

const controller = file(
  "controller.yaml",
  `
apiVersion: v1
kind: ReplicationController
metadata: { name: primary, labels: { app: primary } }
spec:
  replicas: 1
  selector: { app: primary }
  template:
    metadata: { labels: { app: primary } }
    spec:
      containers:
        - { name: server, image: "server:1", ports: [{ name: server, containerPort: 6379 }] }
`,
);
const service = file(
  "service.yaml",
  `
apiVersion: v1
kind: Service
metadata: { name: primary, labels: { app: primary } }
spec: { selector: { app: primary }, ports: [{ port: 6379, targetPort: server }] }
`,
);

/** Creates the controller; answers the name of its Pod, which runs. */
async function createController(namespace: string): Promise<string> {
  await k("create", "-f", controller, "-n", namespace);
  await cluster.until(async () => {
    expect(await k("get", "rc", "primary", "-n", namespace, "-o", "jsonpath={.status.readyReplicas}")).toBe("1");
  });
  return k("get", "pods", "-n", namespace, "-l", "app=primary", "-o", "jsonpath={.items[0].metadata.name}");
}

test("CL-002 v1 is among the versions of the API", async () => {
  expect((await k("api-versions")).split("\n")).toContain("v1");
});

test("CL-003 cluster-info tells where the control plane is", async () => {
  expect(await k("cluster-info")).toContain(`Kubernetes control plane is running at ${await cluster.url}`);
});

test("CL-004 what describe says of a Pod, its controller, a Service, a Node and a Namespace", async () => {
  const namespace = await cluster.namespace();
  const pod = await createController(namespace);
  await k("create", "-f", service, "-n", namespace);
  const described = (...args: readonly string[]): Promise<string> => k("describe", "-n", namespace, ...args);
  const ofPod = await described("pod", pod);
  for (const line of [
    `Name:             ${pod}`,
    `Namespace:        ${namespace}`,
    "Labels:           app=primary",
    "Status:           Running",
    "Controlled By:  ReplicationController/primary",
    "Image:          server:1",
    "State:          Running",
    "QoS Class:                   BestEffort",
  ]) {
    expect(ofPod).toContain(line);
  }
  const ofController = await described("rc", "primary");
  for (const part of [
    /^Name: +primary$/m,
    /^Selector: +app=primary$/m,
    /^Labels: +app=primary$/m,
    /^Annotations: +<none>$/m,
    /^Replicas: +1 current \/ 1 desired$/m,
    /^Pods Status: +1 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed$/m,
    /^Pod Template:$/m,
    /Image: +server:1/,
    /Normal +SuccessfulCreate .* Created pod: primary-/,
  ]) {
    expect(ofController).toMatch(part);
  }
  const ofService = await described("service", "primary");
  for (const part of [
    /^Name: +primary$/m,
    /^Selector: +app=primary$/m,
    /^Type: +ClusterIP$/m,
    /^IP: +10\./m,
    /^Port: +<unset> +6379\/TCP$/m,
    /^Endpoints: +10\.[\d.]+:6379$/m,
    /^Session Affinity: +None$/m,
  ]) {
    expect(ofService).toMatch(part);
  }
  const ofNode = await described("node", "simulated-0");
  for (const part of [/^Name: +simulated-0$/m, /^Labels:/m, /^CreationTimestamp:/m, /^Conditions:$/m, /Ready +True/, /^Addresses:$/m]) {
    expect(ofNode).toMatch(part);
  }
  for (const part of [/^Capacity:$/m, /Kubelet Version:/, /^PodCIDR:/m, /^Non-terminated Pods:/m]) expect(ofNode).toMatch(part);
  expect(await described("namespace", namespace)).toMatch(new RegExp(`^Name: +${namespace}\\n[^]*^Status: +Active$`, "m"));
});

test("CL-005 diff shows a Deployment's changed image", async () => {
  const namespace = await cluster.namespace();
  const deployment = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "${image}" }] }
`;
  await k("create", "-n", namespace, "-f", file("deployment.yaml", deployment("web:1")));
  const { exitCode, output } = await outcome("diff", "-n", namespace, "-f", file("changed.yaml", deployment("web:2")));
  expect([exitCode, output.match(/^[-+] .*image:.*$/gm)]).toEqual([1, ["-      - image: web:1", "+      - image: web:2"]]);
});

test("CL-006 expose makes Services that lead to the Pods of a controller, and of another Service", async () => {
  const namespace = await cluster.namespace();
  const pod = await createController(namespace);
  await k("expose", "rc", "primary", "--name=first", "--port=1234", "--target-port=6379", "-n", namespace);
  await k("expose", "service", "first", "--name=second", "--port=2345", "--target-port=6379", "-n", namespace);
  const address = await k("get", "pod", pod, "-n", namespace, "-o", "jsonpath={.status.podIP}");
  for (const [name, port] of [
    ["first", "1234"],
    ["second", "2345"],
  ] as const) {
    const ports = "jsonpath={.spec.ports[0].port}/{.spec.ports[0].targetPort}";
    expect(await k("get", "service", name, "-n", namespace, "-o", ports)).toBe(`${port}/6379`);
    await cluster.until(async () => {
      const slice = "jsonpath={.items[0].endpoints[*].addresses[0]}:{.items[0].ports[0].port}";
      expect(await k("get", "endpointslices", "-n", namespace, "-l", `kubernetes.io/service-name=${name}`, "-o", slice)).toBe(
        `${address}:6379`,
      );
    });
  }
});

test("CL-007 a label comes, shows as a column and by selection, and goes", async () => {
  const namespace = await cluster.namespace();
  await k("run", "pause", "--image=pause:1", "-n", namespace);
  await k("label", "pod", "pause", "testing-label=testing-label-value", "-n", namespace);
  expect(await k("get", "pod", "pause", "-L", "testing-label", "-n", namespace)).toContain("testing-label-value");
  expect(await k("get", "pods", "-l", "testing-label=testing-label-value", "-o", "name", "-n", namespace)).toBe("pod/pause\n");
  await k("label", "pod", "pause", "testing-label-", "-n", namespace);
  expect(await k("get", "pod", "pause", "-L", "testing-label", "-n", namespace)).not.toContain("testing-label-value");
});

test("CL-008 patch adds an annotation to every Pod of a controller", async () => {
  const namespace = await cluster.namespace();
  await createController(namespace);
  const names = (await k("get", "pods", "-l", "app=primary", "-o", "name", "-n", namespace)).trim().split("\n");
  for (const name of names) await k("patch", name, "-p", '{"metadata":{"annotations":{"x":"y"}}}', "-n", namespace);
  const annotated = "jsonpath={.items[*].metadata.annotations.x}";
  expect(await k("get", "pods", "-l", "app=primary", "-o", annotated, "-n", namespace)).toBe(names.map(() => "y").join(" "));
});

test("CL-009 replace changes the image of a running Pod", async () => {
  const namespace = await cluster.namespace();
  await k("run", "httpd", "--image=httpd:1", "--labels=run=httpd", "-n", namespace);
  await k("wait", "pod/httpd", "--for=condition=Ready", "--timeout=30s", "-n", namespace);
  const json = await k("get", "pod", "httpd", "-o", "json", "-n", namespace);
  await k("replace", "-f", file("httpd.json", json.replace('"image": "httpd:1"', '"image": "busybox:1"')), "-n", namespace);
  expect(await k("get", "pod", "httpd", "-o", "jsonpath={.spec.containers[0].image}", "-n", namespace)).toBe("busybox:1");
});

test("CL-010 run makes a Pod that isn't restarted", async () => {
  const namespace = await cluster.namespace();
  await k("run", "httpd", "--image=httpd:1", "--restart=Never", "-n", namespace);
  const facts = "jsonpath={.spec.containers[0].image} {.spec.restartPolicy}";
  expect(await k("get", "pod", "httpd", "-o", facts, "-n", namespace)).toBe("httpd:1 Never");
});

test("CL-011 a dry run on the server changes nothing", async () => {
  const namespace = await cluster.namespace();
  await k("run", "httpd", "--image=httpd:1", "-n", namespace);
  const patch = '{"spec":{"containers":[{"name":"httpd","image":"busybox:1"}]}}';
  await k("patch", "pod", "httpd", "-p", patch, "--dry-run=server", "-n", namespace);
  expect(await k("get", "pod", "httpd", "-o", "jsonpath={.spec.containers[0].image}", "-n", namespace)).toBe("httpd:1");
});

test("CL-012 version tells all of the client and of the server", async () => {
  const version = JSON.parse(await k("version", "-o", "json")) as Readonly<Record<string, Readonly<Record<string, string>>>>;
  for (const side of ["clientVersion", "serverVersion"]) {
    const names = ["major", "minor", "gitVersion", "gitCommit", "buildDate", "goVersion", "compiler", "platform"];
    expect(Object.keys(version[side]!)).toEqual(expect.arrayContaining(names));
  }
  expect(version["serverVersion"]!["gitVersion"]).toMatch(/^v1\.36\./);
});

test("CL-013 proxy serves the API at a socket", async () => {
  const socketPath = join(cluster.folder, "proxy.sock");
  const proxy = cluster.start("proxy", `--unix-socket=${socketPath}`);
  await said(proxy.stdout);
  const answer = await new Promise<string>((resolve, reject) => {
    request({ socketPath, path: "/api/" }, (response) => void text(response).then(resolve, reject))
      .on("error", reject)
      .end();
  });
  expect(JSON.parse(answer)).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
});

test("CL-014 proxy serves the API at a port that it chose", async () => {
  const proxy = cluster.start("proxy", "--port=0");
  const [, port] = /:(\d+)\n/.exec(await said(proxy.stdout))!;
  const answer = await fetch(`http://127.0.0.1:${port}/api/`);
  expect(await answer.json()).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
});

/** The first that a program says. */
function said(output: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve) => output.once("data", (chunk: Buffer) => resolve(String(chunk))));
}
