import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { type JsonObject, nameOf, textAt } from "../json-object.ts";
import { printerFlags } from "../printers/object-printer.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { joinStreams } from "../requests/container-streams.ts";
import { phaseOf, podResource } from "../requests/pods.ts";
import { deadlineOf, until } from "../requests/until.ts";
import { dryRunFlag } from "./dry-run.ts";
import { makeObject } from "./make-object.ts";
import { pairsOf } from "./pairs.ts";

/** Makes a Pod of one container; with `-i` or `--attach`, stays with it, and with `--rm` takes it away afterwards. */
export const run: Command = {
  flags: [
    ...printerFlags,
    dryRunFlag,
    ...["image", "restart", "image-pull-policy", "pod-running-timeout", "field-manager"].map((name) => ({ name, takes: "text" }) as const),
    { name: "annotations", takes: "texts" },
    { name: "labels", short: "l", takes: "text" },
    { name: "env", takes: "texts" },
    { name: "port", takes: "number" },
    ...(["command", "attach", "rm", "privileged"] as const).map((name) => ({ name, takes: "nothing" }) as const),
    { name: "stdin", short: "i", takes: "nothing" },
    { name: "tty", short: "t", takes: "nothing" },
    { name: "quiet", short: "q", takes: "nothing" },
  ],
  async run(invocation) {
    const { flags, io } = invocation;
    const pod = podFor(invocation);
    const isAttached = flags.is("attach", flags.is("stdin"));
    if (flags.is("rm") && !isAttached) throw new CommandError("--rm should only be used for attached containers");
    const connection = await invocation.connect();
    const made = await makeObject(invocation, connection, pod, { said: "created", manager: "kubectl-run", isQuiet: isAttached });
    if (!isAttached) return;
    try {
      await stayWith(invocation, connection, made);
    } finally {
      if (flags.is("rm")) {
        const name = nameOf(made);
        await connection.api.request({ method: "DELETE", path: pathOf(podResource, connection.namespace, name) });
        if (!flags.is("quiet")) io.out(`pod "${name}" deleted\n`);
      }
    }
  },
};

function podFor({ args, dash, flags }: Invocation): JsonObject {
  const [name, ...words] = args;
  const image = flags.text("image");
  if (name === undefined || dash === 0) throw new CommandError("NAME is required for run");
  if (image === undefined) throw new CommandError('required flag(s) "image" not set');
  const labels = flags.text("labels");
  const restartPolicy = flags.text("restart") ?? "Always";
  if (!["Always", "OnFailure", "Never"].includes(restartPolicy)) throw new CommandError(`invalid restart policy: ${restartPolicy}`);
  const port = flags.number("port");
  const isOpen = flags.is("stdin");
  const policy = flags.text("image-pull-policy");
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      labels: labels === undefined ? { run: name } : pairsOf(labels.split(",")),
      ...(flags.texts("annotations").length === 0 ? {} : { annotations: pairsOf(flags.texts("annotations")) }),
    },
    spec: {
      containers: [
        {
          name,
          image,
          ...(words.length === 0 ? {} : flags.is("command") ? { command: words } : { args: words }),
          ...(flags.texts("env").length === 0 ? {} : { env: flags.texts("env").map(variableOf) }),
          ...(port === undefined ? {} : { ports: [{ containerPort: port }] }),
          ...(policy === undefined ? {} : { imagePullPolicy: policy }),
          ...(isOpen ? { stdin: true, stdinOnce: true } : {}),
          ...(flags.is("tty") ? { tty: true } : {}),
          ...(flags.is("privileged") ? { securityContext: { privileged: true } } : {}),
          resources: {},
        },
      ],
      restartPolicy,
      dnsPolicy: "ClusterFirst",
    },
  };
}

const defaultWait = "1m";

/** Joins the container as soon as it runs; of one that was over before that, what it wrote is shown. */
async function stayWith(invocation: Invocation, connection: Connection, pod: JsonObject): Promise<void> {
  const { flags, io } = invocation;
  const name = nameOf(pod);
  const target = { resource: podResource, namespace: connection.namespace, name };
  let seen = pod;
  const isUp = (now: JsonObject | undefined): boolean => {
    if (now === undefined) throw new CommandError(`pod ${name} was deleted`);
    seen = now;
    return ["Running", "Succeeded", "Failed"].includes(phaseOf(now));
  };
  if (!(await until(connection, target, isUp, deadlineOf(invocation, flags.text("pod-running-timeout") ?? defaultWait))))
    throw new CommandError("timed out waiting for the condition");
  if (phaseOf(seen) === "Running") {
    const [stdin, tty] = [flags.is("stdin"), flags.is("tty")];
    if (stdin && tty && !flags.is("quiet")) io.error("If you don't see a command prompt, try pressing enter.\n");
    return joinStreams(connection, { verb: "attach", pod: seen, container: name, stdin, tty }, io);
  }
  for await (const bytes of connection.api.chunks({
    path: pathOf(podResource, connection.namespace, name, "log"),
    query: { container: name },
  }))
    await io.outBytes(bytes);
  if (textAt(seen, "status", "phase") === "Failed") throw new CommandError(`pod ${connection.namespace}/${name} terminated (Error)`);
}

function variableOf(text: string): JsonObject {
  const at = text.indexOf("=");
  if (at <= 0) throw new CommandError(`invalid env: ${text}`);
  return { name: text.slice(0, at), value: text.slice(at + 1) };
}
