import { basename, dirname } from "node:path";
import { type Service, ServiceKind } from "@kubets/api";
import { expect } from "vitest";
import type { PodFacts } from "../real-node.ts";
import type { WholeCluster } from "../whole-cluster.ts";

const [libraries, loader] =
  process.arch === "arm64" ? ["/lib/aarch64-linux-gnu", "ld-linux-aarch64.so.1"] : ["/lib/x86_64-linux-gnu", "ld-linux-x86-64.so.2"];
/** This machine's Node in a container that doesn't have it. Its libraries lie apart: the shell's own would take them for theirs. */
const nodeCommand: readonly string[] = [
  `/machine/lib/${loader}`,
  "--library-path",
  "/machine/lib",
  `/machine/node/${basename(process.execPath)}`,
];

/** A container in which this machine's Node runs a program. */
export function withNode(program: string, more: object = {}): PodFacts {
  const folders = [
    { name: "machine-lib", path: libraries, mountPath: "/machine/lib" },
    { name: "machine-node", path: dirname(process.execPath), mountPath: "/machine/node" },
  ];
  return {
    volumes: folders.map(({ name, path }) => ({ name, hostPath: { path, type: "Directory" } })),
    container: {
      command: [...nodeCommand, "-e", program],
      volumeMounts: folders.map(({ name, mountPath }) => ({ name, mountPath, readOnly: true })),
      ...more,
    },
  };
}

/** Answers its host's name over HTTP at every path, and over UDP to every word, on all the ports that it is told. */
const peerProgram = `
const name = require("os").hostname();
for (const port of (process.env.HTTP || "8080").split(","))
  require("http").createServer((request, response) => response.end(name)).listen(Number(port));
for (const port of (process.env.UDP || "8081").split(",")) {
  const socket = require("dgram").createSocket("udp4");
  socket.on("message", (_, { address, port: from }) => socket.send(name, from, address));
  socket.bind(Number(port));
}`;

/** Asks over UDP until it is answered, for two seconds at most. */
const askProgram = (host: string, port: number): string => `
const socket = require("dgram").createSocket("udp4");
socket.on("message", (answer) => { console.log(String(answer)); process.exit(); });
const ask = () => socket.send("hostname", ${port}, "${host}");
ask(); setInterval(ask, 200); setTimeout(() => process.exit(1), 2000);`;

export interface PeerFacts {
  readonly labels?: Readonly<Record<string, string>>;
  readonly http?: string;
  readonly udp?: string;
  readonly spec?: object;
  readonly container?: object;
}

/** A Pod that tells its name to whoever asks; ready when it answers. Answers its address. */
export async function peer(
  cluster: WholeCluster,
  namespace: string,
  name: string,
  { labels = {}, http = "8080", udp = "8081", spec = {}, container = {} }: PeerFacts = {},
): Promise<string> {
  const env = [
    { name: "HTTP", value: http },
    { name: "UDP", value: udp },
  ];
  const readinessProbe = { httpGet: { path: "/", port: Number(http.split(",")[0]) }, periodSeconds: 1 };
  const facts = withNode(peerProgram, { env, readinessProbe, ...container });
  const { status } = await cluster.runReady(namespace, name, { ...facts, ...spec, metadata: { labels } });
  return status.podIP!;
}

/** A Pod from which others are asked; with `hostNetwork`, as the node asks. */
export async function asker(
  cluster: WholeCluster,
  namespace: string,
  { hostNetwork = false }: { readonly hostNetwork?: boolean } = {},
): Promise<{
  http(host: string, port: number): Promise<string>;
  udp(host: string, port: number): Promise<string>;
  sh(script: string): Promise<string>;
}> {
  const name = hostNetwork ? "asker-on-host" : "asker";
  await cluster.runReady(namespace, name, { ...withNode("setInterval(() => {}, 1e6)"), hostNetwork });
  return {
    http: (host, port) => cluster.exec(namespace, name, ["timeout", "2", "wget", "-q", "-O", "-", `http://${host}:${port}/`]),
    udp: async (host, port) => (await cluster.exec(namespace, name, [...nodeCommand, "-e", askProgram(host, port)])).trim(),
    sh: (script) => cluster.sh(namespace, name, script),
  };
}

/** A Service that leads to Pods with the label `app` of its name. */
export async function service(cluster: WholeCluster, namespace: string, name: string, spec: object): Promise<Service> {
  const draft = { metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }], ...spec } };
  return cluster.client
    .resource(ServiceKind)
    .in(namespace)
    .create(draft as Parameters<ReturnType<typeof cluster.client.resource<Service>>["create"]>[0]);
}

/** Asks until every one of `names` has answered, and nobody else. */
export async function isAnsweredBy(cluster: WholeCluster, ask: () => Promise<string>, names: readonly string[]): Promise<void> {
  await cluster.until(async () => {
    const heard = new Set<string>();
    for (let tries = 0; tries < 8 * names.length; tries++) {
      heard.add(await ask());
      if (names.every((name) => heard.has(name))) break;
    }
    expect([...heard].toSorted()).toEqual([...names].toSorted());
  });
}

/** Resolves when nobody answers. */
export async function isUnanswered(cluster: WholeCluster, ask: () => Promise<string>): Promise<void> {
  await cluster.until(async () => expect(await ask().catch(() => "nobody")).toBe("nobody"));
}
