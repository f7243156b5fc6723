import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError, SaidError } from "../errors.ts";
import { type JsonObject, listAt, nameOf, textAt } from "../json-object.ts";
import { manifestFlags } from "../manifests/load.ts";
import { objectPrinter, printerFlags } from "../printers/object-printer.ts";
import { objectName } from "../requests/api-resource.ts";
import { pathOf } from "../requests/connection.ts";
import { read, targetFlags, targetsOf } from "../requests/targets.ts";
import { dryRunFlag, dryRunOf, dryRunQuery, dryRunSuffix } from "./dry-run.ts";
import { eachOf } from "./make-object.ts";

/** Changes to containers of a workload's template, or of a Pod: those that are left out stay as they are. */
interface Change {
  /** What is said to be changed: `image`. */
  readonly what: string;
  readonly containers: (pod: JsonObject) => readonly JsonObject[];
  readonly initContainers?: (pod: JsonObject) => readonly JsonObject[];
}

/** `set image TYPE/NAME CONTAINER=IMAGE…`, `set env TYPE/NAME NAME=VALUE… NAME-…`, `set resources TYPE/NAME --limits=… --requests=…`. */
export const set: Command = {
  flags: [
    ...printerFlags,
    ...manifestFlags,
    ...targetFlags,
    dryRunFlag,
    { name: "containers", short: "c", takes: "text" },
    { name: "limits", takes: "text" },
    { name: "requests", takes: "text" },
    { name: "env", short: "e", takes: "texts" },
    { name: "field-manager", takes: "text" },
  ],
  async run(invocation) {
    const { flags, io } = invocation;
    const [what, ...rest] = invocation.args;
    const isChange = (word: string): boolean => what !== "resources" && (/^[^=]+=/.test(word) || (what === "env" && word.endsWith("-")));
    const change = changeOf(what, rest.filter(isChange), invocation);
    const dryRun = dryRunOf(flags);
    const printer = await objectPrinter(flags, io);
    const connection = await invocation.connect();
    const targets = await targetsOf(invocation, connection, { args: rest.filter((word) => !isChange(word)) });
    const wentWell = await eachOf(targets, invocation, async (target) => {
      const { resource, namespace, name } = target;
      const object = target.object ?? (await read(connection, target));
      const place =
        resource.kind === "Pod"
          ? ["spec"]
          : resource.kind === "CronJob"
            ? ["spec", "jobTemplate", "spec", "template", "spec"]
            : ["spec", "template", "spec"];
      const pod = place.reduce<unknown>((value, key) => (value as JsonObject | undefined)?.[key], object) as JsonObject;
      const inits = change.initContainers?.(pod) ?? [];
      const changed = { containers: change.containers(pod), ...(inits.length === 0 ? {} : { initContainers: inits }) };
      const body = place.reduceRight<JsonObject>((value, key) => ({ [key]: value }), changed);
      const query = { fieldManager: flags.text("field-manager") ?? "kubectl-set", ...dryRunQuery(dryRun === "client" ? "server" : dryRun) };
      const contentType = "application/strategic-merge-patch+json";
      const after = await connection.api.request({ method: "PATCH", path: pathOf(resource, namespace, name), query, contentType, body });
      const version = (each: unknown): string => textAt(each, "metadata", "resourceVersion");
      if (printer !== undefined) io.out(printer([after], { asList: false }));
      else if (version(after) !== version(object) || dryRun !== "none")
        io.out(`${objectName(resource, nameOf(after))} ${change.what} updated${dryRunSuffix(dryRun)}\n`);
    });
    if (!wentWell) throw new SaidError();
  },
};

function changeOf(what: string | undefined, words: readonly string[], { flags }: Invocation): Change {
  const wanted = flags.text("containers") ?? "*";
  const chosen = (pod: JsonObject): readonly JsonObject[] =>
    listAt(pod, "containers").filter((container) => wanted === "*" || textAt(container, "name") === wanted);
  switch (what) {
    case "image":
      return imageChange(words);
    case "env": {
      const changes = [...words, ...flags.texts("env")].map((word) => variable(word));
      if (changes.length === 0) throw new CommandError("at least one environment variable must be provided");
      return { what: "env", containers: (pod) => chosen(pod).map((container) => ({ name: textAt(container, "name"), env: changes })) };
    }
    case "resources": {
      const [limits, requests] = [amountsOf(flags.text("limits")), amountsOf(flags.text("requests"))];
      if (limits === undefined && requests === undefined)
        throw new CommandError("you must specify an update to requests or limits (in the form of --requests/--limits)");
      const resources = { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) };
      return {
        what: "resource requirements",
        containers: (pod) => chosen(pod).map((container) => ({ name: textAt(container, "name"), resources })),
      };
    }
    default:
      throw new CommandError(`unknown command "${what ?? ""}" for "kubectl set": it is image, env or resources`);
  }
}

function imageChange(words: readonly string[]): Change {
  if (words.length === 0) throw new CommandError("one or more containers and images must be provided, as CONTAINER=IMAGE");
  const images = new Map(words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]));
  const changed = (containers: readonly JsonObject[]): readonly JsonObject[] =>
    containers.flatMap((container) => {
      const name = textAt(container, "name");
      const image = images.get(name) ?? images.get("*");
      return image === undefined ? [] : [{ name, image }];
    });
  return {
    what: "image",
    containers(pod) {
      const names = [...listAt(pod, "containers"), ...listAt(pod, "initContainers")].map((container) => textAt(container, "name"));
      const missing = [...images.keys()].find((name) => name !== "*" && !names.includes(name));
      if (missing !== undefined) throw new CommandError(`unable to find container named "${missing}"`);
      return changed(listAt(pod, "containers"));
    },
    initContainers: (pod) => changed(listAt(pod, "initContainers")),
  };
}

function variable(word: string): JsonObject {
  const at = word.indexOf("=");
  return at < 0 ? { name: word.slice(0, -1), $patch: "delete" } : { name: word.slice(0, at), value: word.slice(at + 1) };
}

function amountsOf(text: string | undefined): JsonObject | undefined {
  return text === undefined ? undefined : Object.fromEntries(text.split(",").map((pair) => pair.split("=", 2)));
}
