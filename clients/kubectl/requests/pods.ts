import { formatLabelSelector, parseQuantity } from "@kubets/machinery";
import type { Io } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { type JsonObject, listAt, nameOf, objectAt, textAt } from "../json-object.ts";
import { itemsOf } from "../printers/object-printer.ts";
import type { ApiResource } from "./api-resource.ts";
import { type Connection, pathOf } from "./connection.ts";
import { selectResources } from "./resource-arguments.ts";

export const podResource: ApiResource = {
  group: "",
  version: "v1",
  kind: "Pod",
  resource: "pods",
  singular: "pod",
  namespaced: true,
  shortNames: ["po"],
  categories: ["all"],
  verbs: [],
};

export function podsBySelector({ api, namespace }: Connection, labelSelector: string): Promise<readonly JsonObject[]> {
  return api.request({ method: "GET", path: pathOf(podResource, namespace), query: { labelSelector } }).then(itemsOf);
}

/**
 * The Pod that `NAME`, `pod/NAME` or an owner such as `deploy/NAME` stands for; of an owner's many the oldest, which is told to
 * `onChoice`.
 */
export async function podOf(connection: Connection, argument: string, onChoice: (said: string) => void = () => {}): Promise<JsonObject> {
  const { api, namespace } = connection;
  if (!argument.includes("/")) return api.request({ method: "GET", path: pathOf(podResource, namespace, argument) });
  const [selected] = selectResources([argument], await connection.resources());
  const { resource, name } = selected!;
  const object = await api.request({ method: "GET", path: pathOf(resource, namespace, name) });
  if (resource.kind === "Pod") return object;
  const selector = objectAt(object, "spec", "selector");
  const text = formatLabelSelector(resource.kind === "Service" ? { matchLabels: selector as Readonly<Record<string, string>> } : selector);
  if (Object.keys(selector).length === 0) throw new CommandError(`cannot attach to *${resource.kind}: it selects no pods`);
  const pods = await podsBySelector(connection, text);
  const [first] = pods.toSorted((a, b) =>
    textAt(a, "metadata", "creationTimestamp") < textAt(b, "metadata", "creationTimestamp") ? -1 : 1,
  );
  if (first === undefined) throw new CommandError("timed out waiting for the condition");
  if (pods.length > 1) onChoice(`Found ${pods.length} pods, using pod/${nameOf(first)}\n`);
  return first;
}

export const containerNames = (pod: JsonObject, member = "containers"): readonly string[] =>
  listAt(pod, "spec", member).map((container) => textAt(container, "name"));

/** The container that is meant: the one of `-c`, the Pod's default, or the first, which is then said. */
export function containerOf(pod: JsonObject, given: string | undefined, io: Io): string {
  // Whether there is such a container is for the server to say.
  if (given !== undefined) return given;
  const names = containerNames(pod);
  const others = [
    ...containerNames(pod, "ephemeralContainers").map((name) => ({ name, said: `${name} (ephem)` })),
    ...containerNames(pod, "initContainers").map((name) => ({ name, said: `${name} (init)` })),
  ];
  const annotated = textAt(pod, "metadata", "annotations", "kubectl.kubernetes.io/default-container");
  if (names.includes(annotated) || others.some(({ name }) => name === annotated)) return annotated;
  const [first = ""] = names;
  const all = [...names, ...others.map(({ said }) => said)];
  if (all.length > 1) io.error(`Defaulted container "${first}" out of: ${all.join(", ")}\n`);
  return first;
}

/** How many bytes a quantity of the command line stands for. */
export const bytesOf = (text: string): number => Number(parseQuantity(text).nanos / 1_000_000_000n);
export const phaseOf = (pod: JsonObject): string => textAt(pod, "status", "phase");

/** Throws when the Pod has run to its end: `what` (such as "exec into") can't be done with its containers any more. */
export function requireUncompleted(pod: JsonObject, what: string): void {
  const phase = phaseOf(pod);
  if (phase === "Succeeded" || phase === "Failed")
    throw new CommandError(`cannot ${what} a container in a completed pod; current phase is ${phase}`);
}
