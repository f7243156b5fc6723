import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createTasks } from "@kubets/machinery";
import { demandCommand, turn } from "@kubets/machinery/node";
import type { RunCommand } from "../node/nftables-backend.ts";

/** Whether network namespaces and rules can be made here. */
export const canMakeNetworks: boolean = (() => {
  if (process.getuid?.() !== 0) return false;
  try {
    for (const program of ["nft", "conntrack"]) execFileSync(program, ["--version"], { stdio: "ignore" });
    execFileSync("ip", ["-V"], { stdio: "ignore" });
    execFileSync("unshare", ["--net", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/**
 * A node with a bridge and Pods, and a client outside: each a network namespace of its own, none connected to the machine's.
 *
 * Pods are `10.244.0.5` and so on; the node is `10.244.0.1` to them and `192.168.77.1` to the client, which is `192.168.77.2`.
 */
export interface Network extends Disposable {
  /** Runs programs on the node. */
  readonly run: RunCommand;
  /** Starts a server on a Pod that answers each connection or datagram with its own address and the client's. */
  serve(pod: string, port: number, protocol?: "tcp" | "udp"): Promise<Disposable>;
  /** What is answered to one connection or datagram, or how it failed: `ECONNREFUSED`, `timeout`. */
  ask(from: string, to: string, options?: AskOptions): Promise<string>;
}

export interface AskOptions {
  readonly protocol?: "tcp" | "udp";
  /** How often, one after the other; the answers are joined by spaces. */
  readonly times?: number;
  /** Where datagrams are sent from, so that they belong to one connection. */
  readonly sourcePort?: number;
}

let made = 0;
const tasks = createTasks({ turn });

export function makeNetwork(pods: readonly string[]): Network {
  const prefix = `kp${process.pid}-${made++}`;
  const node = `${prefix}-node`;
  const client = `${prefix}-client`;
  const namespaces: string[] = [];
  const undo = new DisposableStack();
  const ip = (...parameters: readonly string[]): void => void execFileSync("ip", parameters, { stdio: ["ignore", "ignore", "pipe"] });
  const make = (name: string): void => {
    ip("netns", "add", name);
    namespaces.push(name);
    undo.defer(() => ip("netns", "delete", name));
    ip("-n", name, "link", "set", "lo", "up");
  };
  const podNamespace = (address: string): string => `${prefix}-${address.split(".")[3]}`;
  const namespaceOf = (who: string): string => (who === "node" ? node : who === "client" ? client : podNamespace(who));
  try {
    make(node);
    make(client);
    ip("-n", node, "link", "add", "cni0", "type", "bridge");
    ip("-n", node, "addr", "add", "10.244.0.1/24", "dev", "cni0");
    ip("-n", node, "link", "set", "cni0", "up");
    ip("-n", node, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", client);
    ip("-n", node, "addr", "add", "192.168.77.1/24", "dev", "eth0");
    ip("-n", node, "link", "set", "eth0", "up");
    ip("-n", client, "addr", "add", "192.168.77.2/24", "dev", "eth0");
    ip("-n", client, "link", "set", "eth0", "up");
    ip("-n", client, "route", "add", "default", "via", "192.168.77.1");
    ip("-n", node, "route", "add", "default", "via", "192.168.77.2");
    const sysctls = ["net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables"];
    for (const sysctl of sysctls) execFileSync("ip", ["netns", "exec", node, "sh", "-c", `echo 1 > /proc/sys/${sysctl}`]);
    for (const address of pods) {
      const pod = podNamespace(address);
      const link = `veth${address.split(".")[3]}`;
      make(pod);
      ip("-n", node, "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", pod);
      ip("-n", node, "link", "set", link, "master", "cni0", "up");
      ip("-n", node, "link", "set", link, "type", "bridge_slave", "hairpin", "on");
      ip("-n", pod, "addr", "add", `${address}/24`, "dev", "eth0");
      ip("-n", pod, "link", "set", "eth0", "up");
      ip("-n", pod, "route", "add", "default", "via", "10.244.0.1");
    }
  } catch (error) {
    undo.dispose();
    throw error;
  }

  return {
    run: (program, parameters) => demandCommand("ip", ["netns", "exec", node, program, ...parameters], { tasks }),
    async serve(pod, port, protocol = "tcp") {
      const server = program(namespaceOf(pod), protocol === "tcp" ? tcpServer : udpServer, [pod, String(port)]);
      const stop = undo.use({ [Symbol.dispose]: () => void server.kill("SIGKILL") });
      await firstOutput(server);
      return stop;
    },
    async ask(from, to, { protocol = "tcp", times = 1, sourcePort = 0 } = {}) {
      const [address = "", port = ""] = to.split(":");
      const asking = program(namespaceOf(from), protocol === "tcp" ? tcpClient : udpClient, [
        address,
        port,
        String(times),
        String(sourcePort),
      ]);
      return (await wholeOutput(asking)).trim();
    },
    [Symbol.dispose]: () => undo.dispose(),
  };
}

function program(namespace: string, script: string, parameters: readonly string[]): ChildProcess {
  const line = ["netns", "exec", namespace, process.execPath, "-e", script, ...parameters];
  return spawn("ip", line, { stdio: ["ignore", "pipe", "inherit"] });
}

function firstOutput(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout!.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`The program ended with code ${code} before it was ready`)));
  });
}

function wholeOutput(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout!.on("data", (chunk: Uint8Array) => (text += new TextDecoder().decode(chunk)));
    child.once("error", reject);
    child.once("close", () => resolve(text));
  });
}

const tcpServer = `
  const [name, port] = process.argv.slice(1);
  require("net").createServer((socket) => { socket.on("error", () => {}); socket.end(name + "<" + socket.remoteAddress.replace("::ffff:", "")); })
    .listen(Number(port), "0.0.0.0", () => console.log("ready"));`;

const udpServer = `
  const [name, port] = process.argv.slice(1);
  const socket = require("dgram").createSocket("udp4");
  socket.on("message", (_, { address, port }) => socket.send(name + "<" + address, port, address));
  socket.bind(Number(port), () => console.log("ready"));`;

const tcpClient = `
  const [address, port, times] = process.argv.slice(1);
  const ask = () => new Promise((resolve) => {
    let text = "";
    const socket = require("net").connect({ host: address, port: Number(port) });
    socket.setTimeout(1500, () => { resolve("timeout"); socket.destroy(); });
    socket.on("data", (chunk) => (text += chunk)).on("error", ({ code }) => resolve(code)).on("end", () => resolve(text));
  });
  (async () => { for (let index = 0; index < Number(times); index++) console.log(await ask()); })();`;

const udpClient = `
  const [address, port, times, from] = process.argv.slice(1);
  const socket = require("dgram").createSocket("udp4");
  const ask = () => new Promise((resolve) => {
    const timer = setTimeout(() => resolve("timeout"), 1000);
    socket.removeAllListeners("message").removeAllListeners("error");
    const done = (text) => { clearTimeout(timer); resolve(text); };
    socket.on("message", (text) => done(String(text))).on("error", ({ code }) => done(code));
    socket.send("?", Number(port), address);
  });
  socket.bind(Number(from), async () => {
    for (let index = 0; index < Number(times); index++) console.log(await ask());
    socket.close();
  });`;
