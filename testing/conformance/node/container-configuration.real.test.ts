import { ConfigMapKind, type Container, NodeKind, PodKind, SecretKind, ServiceKind } from "@kubets/api";
import { parseQuantity } from "@kubets/machinery";
import { expect } from "vitest";
import { type PodFacts, test } from "../real-node.ts";
import { wholeCluster } from "../whole-cluster.ts";

const cluster = wholeCluster();

const data = { "data-1": "value-1", "data-2": "value-2", "3numeric": "value-3" };

async function withObject(kind: "configMap" | "secret", name: string): Promise<string> {
  const namespace = await cluster.namespace();
  if (kind === "configMap") await cluster.client.resource(ConfigMapKind).in(namespace).create({ metadata: { name }, data });
  else await cluster.client.resource(SecretKind).in(namespace).create({ metadata: { name }, stringData: data });
  return namespace;
}

/** The environment of a container, sorted. */
async function environment(namespace: string, container: Partial<Container> | object): Promise<readonly string[]> {
  return (await cluster.output(namespace, { container: { command: ["env"], ...container } })).trimEnd().split("\n").toSorted();
}

/** What a container that its image and its own fields tell what to do says. */
async function says(container: object): Promise<string> {
  return cluster.output(await cluster.namespace(), { container: { image: cluster.images.talker, command: undefined, ...container } });
}

const field = (name: string, fieldPath: string): object => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const amount = (name: string, resource: string): object => ({ name, valueFrom: { resourceFieldRef: { resource } } });

test("NO-001 keys of a ConfigMap reach the environment under any prefix", async () => {
  const namespace = await withObject("configMap", "map");
  const prefixes = ["p-", "1.", "#%@", "with blank "];
  const env = await environment(namespace, { envFrom: prefixes.map((prefix) => ({ prefix, configMapRef: { name: "map" } })) });
  expect(env).toEqual(expect.arrayContaining(prefixes.flatMap((prefix) => [`${prefix}data-1=value-1`, `${prefix}3numeric=value-3`])));
});

test("NO-002 one key of a ConfigMap reaches the environment", async () => {
  const namespace = await withObject("configMap", "map");
  const env = [{ name: "ONE", valueFrom: { configMapKeyRef: { name: "map", key: "data-1" } } }];
  expect(await environment(namespace, { env })).toContain("ONE=value-1");
});

test("NO-003 all keys of a ConfigMap reach the environment", async () => {
  const namespace = await withObject("configMap", "map");
  const env = await environment(namespace, { envFrom: [{ configMapRef: { name: "map" } }] });
  expect(env).toEqual(expect.arrayContaining(["data-1=value-1", "data-2=value-2"]));
});

test("NO-082 keys of a Secret reach the environment under any prefix", async () => {
  const namespace = await withObject("secret", "secret");
  const prefixes = ["p-", "1.", "#%@"];
  const env = await environment(namespace, { envFrom: prefixes.map((prefix) => ({ prefix, secretRef: { name: "secret" } })) });
  expect(env).toEqual(expect.arrayContaining(prefixes.flatMap((prefix) => [`${prefix}data-1=value-1`, `${prefix}3numeric=value-3`])));
});

test("NO-083 one key of a Secret reaches the environment", async () => {
  const namespace = await withObject("secret", "secret");
  const env = [{ name: "ONE", valueFrom: { secretKeyRef: { name: "secret", key: "data-1" } } }];
  expect(await environment(namespace, { env })).toContain("ONE=value-1");
});

test("NO-084 all keys of a Secret reach the environment", async () => {
  const namespace = await withObject("secret", "secret");
  const env = await environment(namespace, { envFrom: [{ secretRef: { name: "secret" } }] });
  expect(env).toEqual(expect.arrayContaining(["data-1=value-1", "data-2=value-2"]));
});

test("NO-016 arguments replace the image's command and keep its entrypoint", async () => {
  expect(await says({ args: ["other", "words"] })).toBe("entry other words\n");
});

test("NO-017 a command replaces the image's entrypoint, and its command goes with it", async () => {
  expect(await says({ command: ["/bin/echo"] })).toBe("\n");
});

test("NO-018 command and arguments replace both", async () => {
  expect(await says({ command: ["/bin/echo", "own"], args: ["words"] })).toBe("own words\n");
});

test("NO-019 without either, the image says what runs", async () => {
  expect(await says({})).toBe("entry word\n");
});

test("NO-095 variables are made of those before them", async () => {
  const env = [
    { name: "FOO", value: "foo-value" },
    { name: "BAR", value: "bar-value" },
    { name: "FOOBAR", value: "$(FOO);;$(BAR)" },
  ];
  expect(await environment(await cluster.namespace(), { env })).toContain("FOOBAR=foo-value;;bar-value");
});

test("NO-096 variables are put into arguments", async () => {
  expect(await says({ command: ["/bin/echo"], args: ["$(WORD)", "$(NONE)", "$$(WORD)"], env: [{ name: "WORD", value: "value" }] })).toBe(
    "value $(NONE) $(WORD)\n",
  );
});

test("NO-097 variables are put into the command", async () => {
  expect(await says({ command: ["/bin/echo", "$(WORD)"], env: [{ name: "WORD", value: "value" }] })).toBe("value\n");
});

test("NO-020 a container finds its requests and limits in its environment", async () => {
  const resources = { requests: { cpu: "250m", memory: "32Mi" }, limits: { cpu: "1250m", memory: "64Mi" } };
  const env = [
    amount("CPU_LIMIT", "limits.cpu"),
    amount("MEMORY_LIMIT", "limits.memory"),
    amount("CPU_REQUEST", "requests.cpu"),
    amount("MEMORY_REQUEST", "requests.memory"),
  ];
  const found = await environment(await cluster.namespace(), { resources, env });
  expect(found).toEqual(expect.arrayContaining(["CPU_LIMIT=2", "MEMORY_LIMIT=67108864", "CPU_REQUEST=1", "MEMORY_REQUEST=33554432"]));
});

test("NO-021 limits that a container doesn't have are what the node has", async () => {
  const [node] = (await cluster.client.resource(NodeKind).list()).items;
  const whole = (resource: "cpu" | "memory"): string =>
    String((parseQuantity(node!.status.allocatable![resource]!).nanos + 999_999_999n) / 1_000_000_000n);
  const env = [amount("CPU_LIMIT", "limits.cpu"), amount("MEMORY_LIMIT", "limits.memory")];
  const found = await environment(await cluster.namespace(), { env });
  expect(found).toEqual(expect.arrayContaining([`CPU_LIMIT=${whole("cpu")}`, `MEMORY_LIMIT=${whole("memory")}`]));
});

test("NO-022 a container finds the address of its host in its environment", async () => {
  const env = await environment(await cluster.namespace(), { env: [field("HOST_IP", "status.hostIP")] });
  expect(env).toContain(`HOST_IP=${cluster.nodeAddress}`);
});

test("NO-023 a container finds all addresses of its host in its environment", async () => {
  const env = await environment(await cluster.namespace(), { env: [field("HOST_IPS", "status.hostIPs")] });
  expect(env).toContain(`HOST_IPS=${cluster.nodeAddress}`);
});

test("NO-024 a container finds the uid of its Pod in its environment", async () => {
  const namespace = await cluster.namespace();
  const { metadata } = await cluster.runReady(namespace, "own", {
    script: "sleep 1000",
    container: { env: [field("POD_UID", "metadata.uid")] },
  });
  expect(await cluster.sh(namespace, "own", "echo $POD_UID")).toBe(`${metadata.uid}\n`);
  await cluster.remove(namespace, "own");
});

test("NO-025 a container finds name, namespace and address of its Pod in its environment", async () => {
  const namespace = await cluster.namespace();
  const env = [field("NAME", "metadata.name"), field("NAMESPACE", "metadata.namespace"), field("IP", "status.podIP")];
  const { status } = await cluster.runReady(namespace, "own", { script: "sleep 1000", container: { env } });
  expect(await cluster.sh(namespace, "own", "echo $NAME $NAMESPACE $IP")).toBe(`own ${namespace} ${status.podIP}\n`);
  await cluster.remove(namespace, "own");
});

test("NO-059 a Pod that starts after a Service finds it in its environment", async () => {
  const namespace = await cluster.namespace();
  const { spec } = await cluster.client
    .resource(ServiceKind)
    .in(namespace)
    .create({ metadata: { name: "fooservice" }, spec: { ports: [{ port: 8765, targetPort: 8080 }] } });
  const address = spec.clusterIP ?? "";
  const wanted = [
    `FOOSERVICE_SERVICE_HOST=${address}`,
    "FOOSERVICE_SERVICE_PORT=8765",
    `FOOSERVICE_PORT=tcp://${address}:8765`,
    `FOOSERVICE_PORT_8765_TCP=tcp://${address}:8765`,
    "FOOSERVICE_PORT_8765_TCP_PROTO=tcp",
    "FOOSERVICE_PORT_8765_TCP_PORT=8765",
    `FOOSERVICE_PORT_8765_TCP_ADDR=${address}`,
  ];
  // The kubelet hears of a Service when it does.
  await cluster.until(async () => expect(await environment(namespace, {})).toEqual(expect.arrayContaining(wanted)));
});

test("NO-098 a variable chooses the directory of a volume that is seen", async () => {
  const namespace = await cluster.namespace();
  const volumeMounts = [
    { name: "v", mountPath: "/whole" },
    { name: "v", mountPath: "/own", subPathExpr: "$(NAME)" },
  ];
  const text = await cluster.output(namespace, {
    script: "echo seen > /own/file; cat /whole/$NAME/file",
    volumes: [{ name: "v", emptyDir: {} }],
    container: { env: [{ name: "NAME", value: "chosen" }], volumeMounts },
  });
  expect(text).toBe("seen\n");
});

/** A Pod whose sub-path is what an annotation says. */
const ofAnnotation = (annotation: string): PodFacts => ({
  script: "sleep 1000",
  metadata: { annotations: { mysubpath: annotation } },
  volumes: [{ name: "v", emptyDir: {} }],
  container: {
    env: [field("ANNOTATION", "metadata.annotations['mysubpath']")],
    volumeMounts: [
      { name: "v", mountPath: "/own", subPathExpr: "$(ANNOTATION)" },
      { name: "v", mountPath: "/whole" },
    ],
  },
});

async function neverStarts(facts: PodFacts): Promise<void> {
  const namespace = await cluster.namespace();
  await cluster.run(namespace, "stuck", facts);
  const { status } = await cluster.podOnce(
    namespace,
    "stuck",
    ({ status: { containerStatuses } }) => containerStatuses?.[0]?.state.waiting?.reason === "CreateContainerConfigError",
  );
  expect(status).toMatchObject({ phase: "Pending" });
  await cluster.remove(namespace, "stuck");
}

test("NO-099 a variable that leads to an absolute path keeps the container from starting", () => neverStarts(ofAnnotation("/absolute")));

test("NO-100 a variable that leads out of the volume keeps the container from starting", () => neverStarts(ofAnnotation("..")));

test("NO-101 what is written through a variable's path is there, and the Pod goes when the annotation has changed", async () => {
  const namespace = await cluster.namespace();
  await cluster.runReady(namespace, "writer", ofAnnotation("first"));
  await cluster.sh(namespace, "writer", "echo kept > /own/file");
  const patch = { metadata: { annotations: { mysubpath: "second" } } };
  await cluster.client.resource(PodKind).in(namespace).patch("writer", patch, { type: "merge" });
  expect(await cluster.sh(namespace, "writer", "cat /whole/first/file")).toBe("kept\n");
  await cluster.remove(namespace, "writer");
});

test("NO-102 a Pod that is stuck on a bad path starts once the annotation behind it is mended", async () => {
  const namespace = await cluster.namespace();
  await cluster.run(namespace, "stuck", ofAnnotation("/absolute"));
  await cluster.podOnce(namespace, "stuck", ({ status }) => status.containerStatuses?.[0]?.state.waiting?.reason !== "ContainerCreating");
  const patch = { metadata: { annotations: { mysubpath: "mended" } } };
  await cluster.client.resource(PodKind).in(namespace).patch("stuck", patch, { type: "merge" });
  await cluster.podOnce(namespace, "stuck", ({ status }) => status.phase === "Running");
  expect(await cluster.sh(namespace, "stuck", "ls /whole")).toBe("mended\n");
  await cluster.remove(namespace, "stuck");
});
