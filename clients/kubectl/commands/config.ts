import { formatGoJson, formatYaml, parseYaml } from "@kubets/machinery";
import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { isJsonObject, type JsonObject, listAt, objectAt, textAt } from "../json-object.ts";
import { alignTabs, tableLayout } from "../printers/tab-writer.ts";

export const config: Command = {
  flags: [
    { name: "raw", takes: "nothing" },
    { name: "minify", takes: "nothing" },
    { name: "flatten", takes: "nothing" },
    { name: "output", short: "o", takes: "text" },
    { name: "no-headers", takes: "nothing" },
    { name: "current", takes: "nothing" },
  ],
  async run(invocation) {
    const [verb = "", ...args] = invocation.args;
    switch (verb) {
      case "view":
        return view(invocation);
      case "current-context": {
        const current = textAt(await readMerged(invocation), "current-context");
        if (current === "") throw new CommandError("current-context is not set");
        return invocation.io.out(`${current}\n`);
      }
      case "use-context":
      case "use":
        return useContext(invocation, args);
      case "get-contexts":
        return getContexts(invocation, args);
      case "set-context":
        return setContext(invocation, args);
      default:
        throw new CommandError(
          `unknown command "config ${verb}": expected view, current-context, use-context, get-contexts or set-context`,
        );
    }
  },
};

const lists = ["clusters", "contexts", "users"] as const;

/** The files merged: the first that names a thing says what it is. */
async function readMerged(invocation: Invocation): Promise<JsonObject> {
  const files = await Promise.all((await invocation.kubeconfigFiles()).map((path) => readOne(invocation, path)));
  const merged = (list: string): readonly JsonObject[] => {
    const byName = new Map(
      files.toReversed().flatMap((file) => listAt(file, list).map((entry) => [textAt(entry, "name"), entry] as const)),
    );
    return [...byName.values()].toSorted((a, b) => (textAt(a, "name") < textAt(b, "name") ? -1 : 1));
  };
  return {
    apiVersion: "v1",
    kind: "Config",
    preferences: {},
    ...Object.fromEntries(lists.map((list) => [list, merged(list)])),
    "current-context": files.map((file) => textAt(file, "current-context")).find((name) => name !== "") ?? "",
  };
}

async function readOne({ io }: Invocation, path: string): Promise<JsonObject> {
  const text = await io.readFile(path).catch(() => "");
  const { value } = parseYaml(text);
  return isJsonObject(value) ? value : {};
}

async function view(invocation: Invocation): Promise<void> {
  const { flags, io } = invocation;
  const merged = await readMerged(invocation);
  const chosen = flags.is("minify") ? minified(merged, flags.text("context") ?? textAt(merged, "current-context")) : merged;
  const shown = flags.is("raw") ? chosen : redacted(chosen);
  io.out(flags.text("output") === "json" ? `${formatGoJson(shown, "    ")}\n` : formatYaml(shown));
}

function minified(merged: JsonObject, name: string): JsonObject {
  const context = listAt(merged, "contexts").find((each) => textAt(each, "name") === name);
  if (context === undefined)
    throw new CommandError(name === "" ? "current-context must exist in order to minify" : `cannot locate context ${name}`);
  const only = (list: string, wanted: string): readonly JsonObject[] =>
    listAt(merged, list).filter((each) => textAt(each, "name") === wanted);
  return {
    ...merged,
    contexts: [context],
    clusters: only("clusters", textAt(context, "context", "cluster")),
    users: only("users", textAt(context, "context", "user")),
    "current-context": name,
  };
}

const secrets: Readonly<Record<string, string>> = {
  "certificate-authority-data": "DATA+OMITTED",
  "client-certificate-data": "DATA+OMITTED",
  "client-key-data": "DATA+OMITTED",
  token: "REDACTED",
  password: "REDACTED",
};

function redacted(merged: JsonObject): JsonObject {
  const redact = (list: string, member: string): readonly JsonObject[] =>
    listAt(merged, list).map((entry) => ({
      ...entry,
      [member]: Object.fromEntries(Object.entries(objectAt(entry, member)).map(([key, value]) => [key, secrets[key] ?? value])),
    }));
  return { ...merged, clusters: redact("clusters", "cluster"), users: redact("users", "user") };
}

async function useContext(invocation: Invocation, [name, ...more]: readonly string[]): Promise<void> {
  if (name === undefined || more.length > 0) throw new CommandError("Unexpected args: " + String(more));
  const merged = await readMerged(invocation);
  if (!listAt(merged, "contexts").some((each) => textAt(each, "name") === name))
    throw new CommandError(`no context exists with the name: "${name}"`);
  await change(invocation, (file) => ({ ...file, "current-context": name }));
  invocation.io.out(`Switched to context "${name}".\n`);
}

async function setContext(invocation: Invocation, [name]: readonly string[]): Promise<void> {
  const { flags, io } = invocation;
  const merged = await readMerged(invocation);
  const wanted = flags.is("current") ? textAt(merged, "current-context") : (name ?? "");
  if (wanted === "") throw new CommandError("you must specify a non-empty context name or --current");
  const given = Object.fromEntries(["cluster", "user", "namespace"].flatMap((key) => (flags.has(key) ? [[key, flags.text(key)]] : [])));
  let isNew = true;
  await change(invocation, (file) => {
    const contexts = listAt(file, "contexts");
    const old = contexts.find((each) => textAt(each, "name") === wanted);
    isNew = old === undefined;
    const entry = { name: wanted, context: { ...objectAt(old, "context"), ...given } };
    return { ...file, contexts: isNew ? [...contexts, entry] : contexts.map((each) => (each === old ? entry : each)) };
  });
  io.out(`Context "${wanted}" ${isNew ? "created" : "modified"}.\n`);
}

async function change(invocation: Invocation, make: (file: JsonObject) => JsonObject): Promise<void> {
  const [path] = await invocation.kubeconfigFiles();
  if (path === undefined) throw new CommandError("there is no kubeconfig to write to");
  await invocation.io.writeFile(path, formatYaml(make(await readOne(invocation, path))));
}

async function getContexts(invocation: Invocation, names: readonly string[]): Promise<void> {
  const { flags, io } = invocation;
  const merged = await readMerged(invocation);
  const shown = listAt(merged, "contexts").filter((each) => names.length === 0 || names.includes(textAt(each, "name")));
  if (flags.text("output") === "name") return io.out(shown.map((each) => `${textAt(each, "name")}\n`).join(""));
  const rows = shown.map((each) => {
    const isCurrent = textAt(each, "name") === textAt(merged, "current-context");
    const of = (member: string): string => textAt(each, "context", member);
    return [isCurrent ? "*" : "", textAt(each, "name"), of("cluster"), of("user"), of("namespace")];
  });
  const lines = flags.is("no-headers") ? rows : [["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"], ...rows];
  io.out(alignTabs(lines.map((line) => `${line.join("\t")}\n`).join(""), tableLayout));
}
