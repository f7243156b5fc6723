import type { Command, Invocation, Socket } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { type JsonObject, listAt, nameOf, namespaceOf, textAt, valueAt } from "../json-object.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { podOf, podResource } from "../requests/pods.ts";
import { selectResources } from "../requests/resource-arguments.ts";

export const portForward: Command = {
  flags: [
    { name: "address", takes: "texts" },
    { name: "pod-running-timeout", takes: "text" },
  ],
  async run(invocation) {
    const { args, flags, io, signal } = invocation;
    const [target, ...ports] = args;
    if (target === undefined || ports.length === 0) throw new CommandError("TYPE/NAME and list of ports are required for port-forward");
    const connection = await invocation.connect();
    const pod = await podOf(connection, target);
    if (textAt(pod, "status", "phase") !== "Running")
      throw new CommandError(`unable to forward port because pod is not running. Current status=${textAt(pod, "status", "phase")}`);
    const service = await serviceOf(connection, target);
    const address = flags.text("address") ?? "127.0.0.1";
    for (const { local, remote } of ports.map(readPorts)) {
      const port = service === undefined ? Number(remote) : podPortOf(service, pod, remote);
      const listener = await io.listen(local, address === "localhost" ? "127.0.0.1" : address, (socket) => {
        io.out(`Handling connection for ${listener.port}\n`);
        forward(invocation, connection, pod, port, socket).catch((error: unknown) =>
          io.error(`error forwarding port ${port}: ${String(error)}\n`),
        );
      });
      signal.addEventListener("abort", () => listener.close(), { once: true });
      io.out(`Forwarding from ${address}:${listener.port} -> ${port}\n`);
    }
    await new Promise<void>((resolve) => void signal.addEventListener("abort", () => resolve(), { once: true }));
  },
};

/** Reads `8080:80`, `80`, `:80`; a local port of 0 means a free one. */
function readPorts(text: string): { readonly local: number; readonly remote: string } {
  const [first = "", second] = text.split(":");
  const remote = second ?? first;
  const local = second === undefined ? Number(first) : Number(first === "" ? 0 : first);
  if (remote === "" || !Number.isInteger(local) || local < 0 || local > 65_535) throw new CommandError(`invalid port format '${text}'`);
  return { local, remote };
}

async function serviceOf(connection: Connection, target: string): Promise<JsonObject | undefined> {
  if (!target.includes("/")) return undefined;
  const [selected] = selectResources([target], await connection.resources());
  const { resource, name } = selected!;
  return resource.kind === "Service"
    ? connection.api.request({ method: "GET", path: pathOf(resource, connection.namespace, name) })
    : undefined;
}

/** The port of a Pod's container that a port of the Service leads to. */
function podPortOf(service: JsonObject, pod: JsonObject, remote: string): number {
  const entry = listAt(service, "spec", "ports").find((each) => textAt(each, "port") === remote || textAt(each, "name") === remote);
  if (entry === undefined) throw new CommandError(`Service ${nameOf(service)} does not have a service port ${remote}`);
  const target = valueAt(entry, "targetPort") ?? valueAt(entry, "port");
  if (typeof target === "number") return target;
  const ports = listAt(pod, "spec", "containers").flatMap((container) => listAt(container, "ports"));
  const named = ports.find((each) => textAt(each, "name") === target);
  if (named === undefined) throw new CommandError(`Pod '${nameOf(pod)}' does not have a named port '${String(target)}'`);
  return Number(valueAt(named, "containerPort"));
}

/** One websocket for each connection. Channel 0 carries data and channel 1 an error; each first tells the port, in two bytes. */
async function forward({ io }: Invocation, { api }: Connection, pod: JsonObject, port: number, socket: Socket): Promise<void> {
  const path = pathOf(podResource, namespaceOf(pod), nameOf(pod), "portforward");
  const channels = await api.connect(path, { ports: String(port) }, ["v4.channel.k8s.io"]);
  const sending = (async () => {
    for await (const bytes of socket.readable) {
      const message = new Uint8Array(bytes.length + 1);
      message.set(bytes, 1);
      await channels.send(message);
    }
    await channels.close();
  })();
  // Whichever side ends first, the other is closed below; how the sending failed then says nothing more.
  sending.catch(() => {});
  const told = new Set<number>();
  for await (const message of channels.messages) {
    const [number = 0] = message;
    if (!told.has(number)) told.add(number);
    else if (number === 0) await socket.write(message.subarray(1));
    else io.error(`an error occurred forwarding ${port}: ${new TextDecoder().decode(message.subarray(1))}\n`);
  }
  socket.end();
}
