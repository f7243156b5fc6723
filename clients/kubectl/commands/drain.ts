import { isStatus, sleep } from "@kubets/machinery";
import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError, sayError, SaidError } from "../errors.ts";
import { type JsonObject, listAt, nameOf, namespaceOf, textAt, valueAt } from "../json-object.ts";
import { itemsOf } from "../printers/object-printer.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { nodesOf } from "../requests/nodes.ts";
import { podResource } from "../requests/pods.ts";
import { type Deadline, deadlineOf, untilDeleted } from "../requests/until.ts";
import { setUnschedulable } from "./cordon.ts";
import { dryRunFlag, dryRunOf } from "./dry-run.ts";

/** Keeps new Pods away from a node and evicts those that are there, as far as budgets let them go. */
export const drain: Command = {
  flags: [
    dryRunFlag,
    { name: "selector", short: "l", takes: "text" },
    { name: "pod-selector", takes: "text" },
    { name: "ignore-daemonsets", takes: "nothing" },
    { name: "delete-emptydir-data", takes: "nothing" },
    { name: "force", takes: "nothing" },
    { name: "disable-eviction", takes: "nothing" },
    { name: "grace-period", takes: "number" },
    { name: "timeout", takes: "text" },
  ],
  async run(invocation) {
    const { io, flags } = invocation;
    const connection = await invocation.connect();
    const nodes = await nodesOf(invocation, connection, "drain");
    for (const node of nodes) await setUnschedulable(invocation, connection, node, true);
    const pending: string[] = [];
    let failure: unknown;
    for (const node of nodes) {
      const name = nameOf(node);
      try {
        await drainOne(invocation, connection, name);
        io.out(
          `node/${name} drained${dryRunOf(flags) === "none" ? "" : dryRunOf(flags) === "client" ? " (dry run)" : " (server dry run)"}\n`,
        );
      } catch (error) {
        failure = error;
        pending.push(name);
        const because = error instanceof Error ? error.message : String(error);
        io.error(`error: unable to drain node "${name}" due to error: ${because}, continuing command...\n`);
      }
    }
    if (pending.length === 0) return;
    io.error(
      `There are pending nodes to be drained:\n${pending.map((name) => ` ${name}\n`).join("")}${sayError(failure).replace(/^error: /, "")}\n`,
    );
    throw new SaidError();
  },
};

const retryMilliseconds = 5000;

async function drainOne(invocation: Invocation, connection: Connection, node: string): Promise<void> {
  const { flags, io, signal, clock } = invocation;
  const query = { fieldSelector: `spec.nodeName=${node}`, labelSelector: flags.text("pod-selector") };
  const all = itemsOf(await connection.api.request({ method: "GET", path: pathOf(podResource, ""), query }));
  const { evicted, ignored, problems } = await sorted(all, invocation, connection);
  if (problems.length > 0) throw new CommandError(problems.length === 1 ? problems[0]! : `[${problems.join(", ")}]`);
  if (ignored.length > 0) io.error(`Warning: ${ignored.join("; ")}\n`);
  if (dryRunOf(flags) === "client") {
    for (const pod of evicted) io.out(`evicting pod ${namespaceOf(pod)}/${nameOf(pod)} (dry run)\n`);
    return;
  }
  const deadline = deadlineOf(invocation, flags.text("timeout") ?? "0s");
  await Promise.all(
    evicted.map(async (pod) => {
      const [namespace, name] = [namespaceOf(pod), nameOf(pod)];
      for (;;) {
        io.out(`evicting pod ${namespace}/${name}\n`);
        try {
          await evict(invocation, connection, pod);
          break;
        } catch (error) {
          if (isStatus(error, "NotFound")) return;
          if (!isStatus(error, "TooManyRequests") || isLate(deadline)) throw error;
          io.error(`error when evicting pods/"${name}" -n "${namespace}" (will retry after 5s): ${error.message}\n`);
          await sleep(clock, retryMilliseconds, signal);
        }
      }
      const target = { resource: podResource, namespace, name };
      await untilDeleted(connection, target, textAt(pod, "metadata", "uid"), deadline);
      io.out(`pod/${name} ${flags.is("disable-eviction") ? "deleted" : "evicted"}\n`);
    }),
  );
}

async function evict({ flags }: Invocation, { api }: Connection, pod: JsonObject): Promise<void> {
  const [namespace, name] = [namespaceOf(pod), nameOf(pod)];
  const seconds = flags.number("grace-period") ?? -1;
  const deleteOptions = seconds < 0 ? {} : { gracePeriodSeconds: seconds };
  if (flags.is("disable-eviction")) {
    await api.request({
      method: "DELETE",
      path: pathOf(podResource, namespace, name),
      body: { kind: "DeleteOptions", apiVersion: "v1", ...deleteOptions },
    });
    return;
  }
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace }, deleteOptions };
  await api.request({ method: "POST", path: pathOf(podResource, namespace, name, "eviction"), body });
}

interface Sorted {
  readonly evicted: readonly JsonObject[];
  /** Warnings about those that stay, or go for good. */
  readonly ignored: readonly string[];
  readonly problems: readonly string[];
}

/** What is to be done with each Pod: those that nobody makes anew, and data that would be lost, go only when that is asked for. */
async function sorted(pods: readonly JsonObject[], { flags }: Invocation, connection: Connection): Promise<Sorted> {
  const evicted: JsonObject[] = [];
  const [ofDaemons, withData, alone]: [string[], string[], string[]] = [[], [], []];
  for (const pod of pods) {
    const name = `${namespaceOf(pod)}/${nameOf(pod)}`;
    const controller = listAt(pod, "metadata", "ownerReferences").find((each) => each["controller"] === true);
    if (valueAt(pod, "metadata", "annotations", "kubernetes.io/config.mirror") !== undefined) continue;
    const isOver = ["Succeeded", "Failed"].includes(textAt(pod, "status", "phase"));
    if (controller?.["kind"] === "DaemonSet" && !isOver) {
      const daemonSet = await connection.api
        .request({ method: "GET", path: `/apis/apps/v1/namespaces/${namespaceOf(pod)}/daemonsets/${textAt(controller, "name")}` })
        .catch((error: unknown) => {
          if (isStatus(error, "NotFound")) return undefined;
          throw error;
        });
      if (daemonSet !== undefined) {
        ofDaemons.push(name);
        continue;
      }
    }
    if (!isOver && listAt(pod, "spec", "volumes").some((volume) => Object.hasOwn(volume, "emptyDir"))) withData.push(name);
    if (!isOver && controller === undefined) alone.push(name);
    evicted.push(pod);
  }
  const warned = (what: string, names: readonly string[], isAllowed: boolean): readonly string[] =>
    names.length > 0 && isAllowed ? [`${what}: ${names.join(", ")}`] : [];
  const refused = (what: string, flag: string, names: readonly string[]): readonly string[] =>
    names.length > 0 && !flags.is(flag)
      ? [`${what} (use --${flag} to ${flag === "ignore-daemonsets" ? "ignore" : "override"}): ${names.join(", ")}`]
      : [];
  return {
    evicted,
    ignored: [
      ...warned("ignoring DaemonSet-managed Pods", ofDaemons, flags.is("ignore-daemonsets")),
      ...warned("deleting Pods that declare no controller", alone, flags.is("force")),
    ],
    problems: [
      ...refused("cannot delete DaemonSet-managed Pods", "ignore-daemonsets", ofDaemons),
      ...refused("cannot delete Pods with local storage", "delete-emptydir-data", withData),
      ...refused("cannot delete Pods that declare no controller", "force", alone),
    ],
  };
}

function isLate({ remaining }: Deadline): boolean {
  return (remaining() ?? 1) <= 0;
}
