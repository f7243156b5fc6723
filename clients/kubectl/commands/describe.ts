import { formatLabelSelector, isStatus } from "@kubets/machinery";
import type { Command, Invocation } from "../command-line/command.ts";
import { sayError, SaidError } from "../errors.ts";
import { type JsonObject, nameOf, namespaceOf, objectAt, textAt } from "../json-object.ts";
import { manifestFlags } from "../manifests/load.ts";
import { itemsOf } from "../printers/object-printer.ts";
import { alignTabs, describeLayout } from "../printers/tab-writer.ts";
import type { Query } from "../requests/api.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { read, type Target, targetFlags, targetsOf } from "../requests/targets.ts";

export const describe: Command = {
  flags: [...manifestFlags, ...targetFlags, { name: "show-events", takes: "nothing" }, { name: "chunk-size", takes: "number" }],
  async run(invocation) {
    const { args, io, flags } = invocation;
    const connection = await invocation.connect();
    const targets = await targetsOf(invocation, connection, { args, everythingByDefault: true });
    let described = 0;
    let failed = false;
    for (const target of targets) {
      try {
        const object = target.object ?? (await read(connection, target));
        const text = alignTabs(await textOf(invocation, connection, target, object), describeLayout);
        io.out(described === 0 ? text : `\n\n${text}`);
        described++;
      } catch (error) {
        failed = true;
        io.error(`${sayError(error)}\n`);
      }
    }
    if (targets.length === 0)
      io.error(flags.is("all-namespaces") ? "No resources found\n" : `No resources found in ${connection.namespace} namespace.\n`);
    if (failed) throw new SaidError();
  },
};

async function textOf(invocation: Invocation, connection: Connection, { resource }: Target, object: JsonObject): Promise<string> {
  const now = invocation.clock.now();
  const namespace = namespaceOf(object);
  const events = (): Promise<readonly JsonObject[]> => eventsOf(invocation, connection, object);
  const list = async (type: string, query: Query, within = namespace): Promise<readonly JsonObject[]> => {
    const path = pathOf((await connection.resources()).named(type), within);
    return itemsOf(await connection.api.request({ method: "GET", path, query }));
  };
  const selected = (): Query => ({ labelSelector: formatLabelSelector(objectAt(object, "spec", "selector")) });
  switch (`${resource.group}/${resource.kind}`) {
    case "/Pod":
      return (await import("../describe/pod.ts")).describePod(object, await events(), now);
    case "apps/Deployment":
      return (await import("../describe/workloads.ts")).describeDeployment(
        object,
        await list("replicasets.apps", selected()),
        await events(),
        now,
      );
    case "apps/ReplicaSet":
      return (await import("../describe/workloads.ts")).describeReplicaSet(object, await list("pods", selected()), await events(), now);
    case "/Service": {
      const slices = await list("endpointslices.discovery.k8s.io", { labelSelector: `kubernetes.io/service-name=${nameOf(object)}` });
      return (await import("../describe/service.ts")).describeService(object, slices, await events(), now);
    }
    case "/Node": {
      const fieldSelector = `spec.nodeName=${nameOf(object)},status.phase!=Failed,status.phase!=Succeeded`;
      const [pods, lease] = await Promise.all([list("pods", { fieldSelector }, ""), leaseOf(connection, nameOf(object))]);
      return (await import("../describe/node.ts")).describeNode(object, { pods, lease, events: await events() }, now);
    }
    case "/ConfigMap":
      return (await import("../describe/generic.ts")).describeConfigMap(object) + (await eventText(await events(), now));
    case "/Secret":
      return (await import("../describe/generic.ts")).describeSecret(object);
    default:
      return (await import("../describe/generic.ts")).describeGeneric(object) + (await eventText(await events(), now));
  }
}

async function eventText(events: readonly JsonObject[], now: ReturnType<Invocation["clock"]["now"]>): Promise<string> {
  return (await import("../describe/text.ts")).eventLines(events, now);
}

async function eventsOf({ flags }: Invocation, connection: Connection, object: JsonObject): Promise<readonly JsonObject[]> {
  if (!flags.is("show-events", true)) return [];
  const path = pathOf((await connection.resources()).named("events"), namespaceOf(object));
  const isNode = textAt(object, "kind") === "Node";
  // A kubelet names its Node as its own uid, so Nodes are found by name alone.
  const uid = isNode ? "" : `,involvedObject.uid=${textAt(object, "metadata", "uid")}`;
  const fieldSelector = `involvedObject.name=${nameOf(object)},involvedObject.kind=${textAt(object, "kind")}${uid}`;
  return itemsOf(await connection.api.request({ method: "GET", path, query: { fieldSelector } }));
}

async function leaseOf(connection: Connection, name: string): Promise<JsonObject | undefined> {
  const leases = (await connection.resources()).named("leases.coordination.k8s.io");
  try {
    return await connection.api.request({ method: "GET", path: pathOf(leases, "kube-node-lease", name) });
  } catch (error) {
    if (isStatus(error, "NotFound")) return undefined;
    throw error;
  }
}
