import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigMapKind, isPodReady, NamespaceKind, NodeKind, type Pod, PodKind, ServiceAccountKind } from "@kubets/api";
import { type Client, createClient, type Transport } from "@kubets/client";
import { createKubeconfigTransport, readKubeconfig, selectContext } from "@kubets/client/node";
import { freePort, type Program, runProgram, startProgram } from "@kubets/faults/program";
import { busyboxImage, echoImage, type Registry, setuidImage, startRegistry } from "@kubets/images";
import { createTasks } from "@kubets/machinery";
import { createSystemClock, turn } from "@kubets/machinery/node";
import { afterAll, beforeAll, expect } from "vitest";
import { noRealNode, type PodFacts, podOf } from "./real-node.ts";
import { until as untilPasses } from "./until.ts";

/** The whole program on a real node, as its users see it: over HTTPS, as the administrator. */
export interface WholeCluster {
  readonly client: Client;
  /** The address by which the node is reached. */
  readonly nodeAddress: string;
  readonly images: Readonly<Record<"shell" | "echo" | "talker" | "setuid", string>>;
  /** A new namespace with a name of its own. */
  namespace(): Promise<string>;
  /** Creates a Pod that the scheduler places: a shell that runs a script, unless the facts say otherwise. */
  run(namespace: string, name: string, facts: PodFacts): Promise<Pod>;
  /** The same; answers it once it is ready. */
  runReady(namespace: string, name: string, facts: PodFacts): Promise<Pod>;
  /** Runs a Pod to its end, which must be a success, and deletes it; answers what its containers wrote. */
  output(namespace: string, facts: PodFacts): Promise<string>;
  /** The Pod as it is once `holds`; rejects after 60 s with how it is. */
  podOnce(namespace: string, name: string, holds: (pod: Pod) => boolean): Promise<Pod>;
  log(namespace: string, pod: string, container?: string): Promise<string>;
  /** Runs a command in a container; answers what it wrote to its output. Rejects when it fails. */
  exec(namespace: string, pod: string, command: readonly string[], container?: string): Promise<string>;
  /** The same by a script. */
  sh(namespace: string, pod: string, script: string): Promise<string>;
  /** What the API server answers to a GET of any path. */
  get(target: string): Promise<{ readonly status: number; readonly text: string }>;
  /** Deletes a Pod; resolves when it is gone. */
  remove(namespace: string, pod: string): Promise<void>;
  /** Resolves when the check passes. Rejects with what was wrong last when it still doesn't after 60 s. */
  until(check: () => Promise<void>): Promise<void>;
}

/** Says `entry` and what it was told by its image. */
const talkerImage = () => busyboxImage({ entrypoint: ["/bin/echo", "entry"], command: ["word"] });

/** The cluster of a test file: started before its tests, gone with all that it made after them. */
export function wholeCluster(): WholeCluster {
  const clock = createSystemClock();
  const tasks = createTasks({ turn });
  const never = new AbortController().signal;
  let program: Program | undefined;
  let registry: Registry;
  let transport: Transport;
  let client: Client;
  let home: string;
  let nodeAddress = "";
  let made = 0;
  const name = `conf-${process.pid}`;
  const which = (): readonly string[] => ["--name", name, "--data-dir", join(home, "data")];

  beforeAll(async () => {
    if (noRealNode !== undefined) return;
    home = mkdtempSync(join(tmpdir(), "kubets-conformance-"));
    const images = { "shell:1": busyboxImage(), "echo:1": echoImage(), "talker:1": talkerImage(), "setuid:1": setuidImage() };
    registry = await startRegistry({ images });
    program = startProgram(["up", "--nodes", "real", "--output", "json", "--port", `${await freePort()}`, ...which()], home);
    const { kubeconfig } = await program.ready;
    const context = selectContext(await readKubeconfig([kubeconfig]));
    transport = await createKubeconfigTransport(context, { tasks, clock, environment: {} });
    client = createClient(transport);
    const [node] = (await client.resource(NodeKind).list()).items;
    nodeAddress = node?.status.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "";
  });
  afterAll(async () => {
    if (program === undefined) return;
    await transport.close();
    program.kill("SIGTERM");
    const { code, stderr } = await program.ended;
    const purge = await runProgram(["down", "--purge", ...which()], home);
    await registry[Symbol.asyncDispose]();
    rmSync(home, { recursive: true, force: true });
    expect({ code, stderr: code === 0 ? "" : stderr, purge: purge.code }).toEqual({ code: 0, stderr: "", purge: 0 });
    expect(tasks.failures).toEqual([]);
  });

  const until: WholeCluster["until"] = (check) => untilPasses(clock, check);
  const podsIn = (namespace: string) => client.resource(PodKind).in(namespace);
  const podOnce: WholeCluster["podOnce"] = async (namespace, pod, holds) => {
    let found: Pod | undefined;
    await until(async () => {
      found = await podsIn(namespace).get(pod);
      if (!holds(found)) throw new Error(`Pod ${pod} is not as it should be: ${JSON.stringify(found.status, undefined, 1)}`);
    });
    return found!;
  };
  const run: WholeCluster["run"] = (namespace, pod, facts) =>
    podsIn(namespace).create(podOf(pod, `${registry.host}/shell:1`, { nodeName: undefined, ...facts }));
  const get: WholeCluster["get"] = async (target) => {
    const answer = await transport.send({ method: "GET", target, headers: {} }, never);
    return { status: answer.status, text: await textOf(answer.chunks()) };
  };
  const log: WholeCluster["log"] = async (namespace, pod, container) => {
    const query = container === undefined ? "" : `?container=${container}`;
    const { status, text } = await get(`/api/v1/namespaces/${namespace}/pods/${pod}/log${query}`);
    if (status !== 200) throw new Error(`No log of ${pod}: ${text}`);
    return text;
  };
  const exec: WholeCluster["exec"] = async (namespace, pod, command, container) => {
    const query = new URLSearchParams({ stdout: "true", stderr: "true" });
    for (const word of command) query.append("command", word);
    if (container !== undefined) query.set("container", container);
    const target = `/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query.toString()}`;
    const channels = await transport.connect({ target, protocols: ["v4.channel.k8s.io"] }, never);
    const said = ["", "", "", ""];
    for await (const message of channels.messages) said[message[0]!] += new TextDecoder().decode(message.subarray(1));
    const [, output = "", errors = "", outcome = ""] = said;
    const { status } = JSON.parse(outcome) as { readonly status: string };
    if (status !== "Success") throw new Error(`${command.join(" ")} failed: ${output}${errors} ${outcome}`);
    return output;
  };
  return {
    get client() {
      return client;
    },
    get nodeAddress() {
      return nodeAddress;
    },
    get images() {
      const [shell = "", echo = "", talker = "", setuid = ""] = ["shell", "echo", "talker", "setuid"].map((each) =>
        registry.nameOf(`${each}:1`),
      );
      return { shell, echo, talker, setuid };
    },
    async namespace() {
      const namespace = `conformance-${made++}`;
      await client.resource(NamespaceKind).create({ metadata: { name: namespace } });
      await until(async () => {
        await client.resource(ServiceAccountKind).in(namespace).get("default");
        await client.resource(ConfigMapKind).in(namespace).get("kube-root-ca.crt");
      });
      return namespace;
    },
    run,
    async runReady(namespace, pod, facts) {
      await run(namespace, pod, facts);
      return podOnce(namespace, pod, isPodReady);
    },
    async output(namespace, facts) {
      const pod = `pod-${made++}`;
      await run(namespace, pod, facts);
      const ended = await podOnce(namespace, pod, ({ status }) => status.phase === "Succeeded" || status.phase === "Failed");
      let text = "";
      for (const { name: container } of ended.spec.containers) text += await log(namespace, pod, container);
      if (ended.status.phase !== "Succeeded") throw new Error(`The Pod failed: ${text} ${JSON.stringify(ended.status.containerStatuses)}`);
      await podsIn(namespace).delete(pod, { gracePeriodSeconds: 0 });
      return text;
    },
    podOnce,
    log,
    exec,
    sh: (namespace, pod, script) => exec(namespace, pod, ["sh", "-c", script]),
    get,
    async remove(namespace, pod) {
      await podsIn(namespace).delete(pod);
      await until(async () => expect((await podsIn(namespace).list()).items.map(({ metadata }) => metadata.name)).not.toContain(pod));
    },
    until,
  };
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
