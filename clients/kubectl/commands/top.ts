import { addQuantities, isStatus, milliValue, type ParsedQuantity, wholeValue, zeroQuantity } from "@kubets/machinery";
import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { type JsonObject, listAt, nameOf, namespaceOf, objectAt, textAt } from "../json-object.ts";
import { itemsOf } from "../printers/object-printer.ts";
import { alignTabs, tableLayout } from "../printers/tab-writer.ts";
import type { Query } from "../requests/api.ts";

const root = "/apis/metrics.k8s.io/v1beta1";
const mebi = 1024 * 1024;

/** What nodes and Pods use: `top node`, `top pod`. */
export const top: Command = {
  flags: [
    { name: "all-namespaces", short: "A", takes: "nothing" },
    { name: "containers", takes: "nothing" },
    { name: "no-headers", takes: "nothing" },
    { name: "selector", short: "l", takes: "text" },
    { name: "field-selector", takes: "text" },
    { name: "sort-by", takes: "text" },
    { name: "show-capacity", takes: "nothing" },
  ],
  async run(invocation) {
    const [what, name] = invocation.args;
    if (["node", "nodes", "no"].includes(what ?? "")) return topNodes(invocation, name);
    if (["pod", "pods", "po"].includes(what ?? "")) return topPods(invocation, name);
    throw new CommandError(`unknown command "${what ?? ""}" for "kubectl top": it is node or pod`);
  },
};

async function metricsAt({ connect, flags }: Invocation, path: string, name: string | undefined): Promise<readonly JsonObject[]> {
  const { api } = await connect();
  const query: Query = { labelSelector: flags.text("selector"), fieldSelector: flags.text("field-selector") };
  try {
    if (name !== undefined) return [await api.request({ method: "GET", path: `${root}${path}/${encodeURIComponent(name)}` })];
    return itemsOf(await api.request({ method: "GET", path: `${root}${path}`, query }));
  } catch (error) {
    if (isStatus(error, "NotFound") && error.message === "the server could not find the requested resource")
      throw new CommandError("Metrics API not available");
    throw error;
  }
}

interface Usage {
  readonly cpu: string;
  readonly memory: string;
}

const usageOf = (object: JsonObject): Usage => ({
  cpu: textAt(object, "usage", "cpu") || "0",
  memory: textAt(object, "usage", "memory") || "0",
});
const cores = (cpu: string | ParsedQuantity): string => `${milliValue(cpu)}m`;
const mebibytes = (memory: string | ParsedQuantity): string => `${Math.floor(wholeValue(memory) / mebi)}Mi`;

function sortedBy<Item>(
  items: readonly Item[],
  flags: Invocation["flags"],
  keyOf: (item: Item) => string,
  of: (item: Item) => { cpu: number; memory: number },
): readonly Item[] {
  const by = flags.text("sort-by");
  if (by !== undefined && by !== "cpu" && by !== "memory") throw new CommandError("--sort-by accepts only cpu or memory");
  return items.toSorted((a, b) => (by === undefined ? (keyOf(a) < keyOf(b) ? -1 : 1) : of(b)[by] - of(a)[by]));
}

async function topNodes(invocation: Invocation, name: string | undefined): Promise<void> {
  const { flags, io, connect } = invocation;
  const metrics = await metricsAt(invocation, "/nodes", name);
  const { api } = await connect();
  const nodes = new Map(itemsOf(await api.request({ method: "GET", path: "/api/v1/nodes" })).map((node) => [nameOf(node), node]));
  const numbers = (each: JsonObject) => ({ cpu: milliValue(usageOf(each).cpu), memory: wholeValue(usageOf(each).memory) });
  const rows = sortedBy(metrics, flags, nameOf, numbers).map((each) => {
    const has = objectAt(nodes.get(nameOf(each)), "status", flags.is("show-capacity") ? "capacity" : "allocatable");
    const share = (used: number, all: number): string => `${all === 0 ? 0 : Math.floor((used / all) * 100)}%`;
    const { cpu, memory } = usageOf(each);
    const { cpu: used, memory: bytes } = numbers(each);
    return [
      nameOf(each),
      cores(cpu),
      share(used, milliValue(textAt(has, "cpu") || "0")),
      mebibytes(memory),
      share(bytes, wholeValue(textAt(has, "memory") || "0")),
    ];
  });
  print(["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"], rows, { flags, io });
}

async function topPods(invocation: Invocation, name: string | undefined): Promise<void> {
  const { flags, io, connect } = invocation;
  const { namespace } = await connect();
  const isEverywhere = flags.is("all-namespaces");
  const metrics = await metricsAt(invocation, isEverywhere ? "/pods" : `/namespaces/${namespace}/pods`, name);
  if (metrics.length === 0) return io.error(isEverywhere ? "No resources found\n" : `No resources found in ${namespace} namespace.\n`);
  const sum = (pod: JsonObject, member: keyof Usage) =>
    listAt(pod, "containers")
      .map((each) => usageOf(each)[member])
      .reduce<ParsedQuantity>(addQuantities, zeroQuantity);
  const keyOf = (pod: JsonObject): string => `${namespaceOf(pod)}/${nameOf(pod)}`;
  const pods = sortedBy(metrics, flags, keyOf, (pod) => ({ cpu: milliValue(sum(pod, "cpu")), memory: wholeValue(sum(pod, "memory")) }));
  const place = (pod: JsonObject): readonly string[] => (isEverywhere ? [namespaceOf(pod)] : []);
  const rows = pods.flatMap((pod) =>
    flags.is("containers")
      ? listAt(pod, "containers")
          .toSorted((a, b) => (textAt(a, "name") < textAt(b, "name") ? -1 : 1))
          .map((each) => [...place(pod), nameOf(pod), textAt(each, "name"), cores(usageOf(each).cpu), mebibytes(usageOf(each).memory)])
      : [[...place(pod), nameOf(pod), cores(sum(pod, "cpu")), mebibytes(sum(pod, "memory"))]],
  );
  const head = [
    ...(isEverywhere ? ["NAMESPACE"] : []),
    ...(flags.is("containers") ? ["POD", "NAME"] : ["NAME"]),
    "CPU(cores)",
    "MEMORY(bytes)",
  ];
  print(head, rows, { flags, io });
}

function print(head: readonly string[], rows: readonly (readonly string[])[], { flags, io }: Pick<Invocation, "flags" | "io">): void {
  const lines = [...(flags.is("no-headers") ? [] : [head]), ...rows].map((cells) => `${cells.map((cell) => `${cell}\t`).join("")}\n`);
  io.out(alignTabs(lines.join(""), tableLayout));
}
