import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { manifestFlags } from "../manifests/load.ts";
import { type JsonObject, listAt, objectAt, textAt, textsAt, valueAt } from "../json-object.ts";
import { printerFlags } from "../printers/object-printer.ts";
import { read, targetFlags, targetsOf } from "../requests/targets.ts";
import { dryRunFlag } from "./dry-run.ts";
import { makeObject } from "./make-object.ts";
import { pairsOf } from "./pairs.ts";

/** Makes a Service that leads to what a workload, a Pod or another Service selects. */
export const expose: Command = {
  flags: [
    ...printerFlags,
    ...manifestFlags,
    ...targetFlags,
    dryRunFlag,
    ...[
      "name",
      "port",
      "protocol",
      "target-port",
      "type",
      "cluster-ip",
      "external-ip",
      "load-balancer-ip",
      "labels",
      "session-affinity",
    ].map((name) => ({ name, takes: "text" }) as const),
    { name: "field-manager", takes: "text" },
  ],
  async run(invocation) {
    const { args } = invocation;
    const connection = await invocation.connect();
    for (const target of await targetsOf(invocation, connection, { args })) {
      const service = serviceFor(target.object ?? (await read(connection, target)), target.resource.kind, invocation);
      await makeObject(invocation, connection, service, { said: "exposed", manager: "kubectl-expose" });
    }
  },
};

function serviceFor(object: JsonObject, kind: string, { flags }: Invocation): JsonObject {
  const selector = selectorOf(object, kind);
  const given = flags.text("selector");
  const ports = portsOf(object, kind, flags.text("port"), flags.text("protocol"));
  const targetPort = flags.text("target-port");
  const labels = flags.text("labels");
  const [type, clusterIP, externalIP] = [flags.text("type"), flags.text("cluster-ip"), flags.text("external-ip")];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: flags.text("name") ?? textAt(object, "metadata", "name"),
      labels: labels === undefined ? textsAt(object, "metadata", "labels") : pairsOf(labels.split(",")),
    },
    spec: {
      selector: given === undefined ? selector : pairsOf(given.split(",")),
      ports: ports.map((port) => ({ ...port, targetPort: targetPort === undefined ? port.port : numberOrText(targetPort) })),
      ...(type === undefined ? {} : { type }),
      ...(clusterIP === undefined ? {} : { clusterIP }),
      ...(externalIP === undefined ? {} : { externalIPs: [externalIP] }),
      ...(flags.has("session-affinity") ? { sessionAffinity: flags.text("session-affinity") } : {}),
      ...(flags.has("load-balancer-ip") ? { loadBalancerIP: flags.text("load-balancer-ip") } : {}),
    },
  };
}

function selectorOf(object: JsonObject, kind: string): Readonly<Record<string, string>> {
  switch (kind) {
    case "Pod": {
      const labels = textsAt(object, "metadata", "labels");
      if (Object.keys(labels).length === 0)
        throw new CommandError(
          "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed",
        );
      return labels;
    }
    case "Service":
    case "ReplicationController":
      return textsAt(object, "spec", "selector");
    case "Deployment":
    case "ReplicaSet":
      return textsAt(object, "spec", "selector", "matchLabels");
    default:
      throw new CommandError(`cannot expose a ${kind}`);
  }
}

interface Port {
  readonly name?: string;
  readonly port: number;
  readonly protocol: string;
}

/** Those that are named, or all that the object has; several have names. */
function portsOf(object: JsonObject, kind: string, given: string | undefined, protocol: string | undefined): readonly Port[] {
  const known = portsKnown(object, kind);
  const protocolOf = (port: number): string => protocol ?? known.find((each) => each.port === port)?.protocol ?? "TCP";
  const numbers = given === undefined ? known.map(({ port }) => port) : given.split(",").map(Number);
  if (numbers.length === 0) throw new CommandError("couldn't find port via --port flag or introspection");
  return numbers.map((port, at) => ({ ...(numbers.length > 1 ? { name: `port-${at + 1}` } : {}), protocol: protocolOf(port), port }));
}

function portsKnown(object: JsonObject, kind: string): readonly { readonly port: number; readonly protocol: string }[] {
  const portAt = (port: JsonObject, member: string): { readonly port: number; readonly protocol: string } => ({
    port: Number(valueAt(port, member)),
    protocol: textAt(port, "protocol") || "TCP",
  });
  if (kind === "Service") return listAt(object, "spec", "ports").map((port) => portAt(port, "port"));
  const spec = kind === "Pod" ? objectAt(object, "spec") : objectAt(object, "spec", "template", "spec");
  return listAt(spec, "containers").flatMap((container) => listAt(container, "ports").map((port) => portAt(port, "containerPort")));
}

function numberOrText(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}
