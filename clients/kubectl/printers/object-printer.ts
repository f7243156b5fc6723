import { executeJsonPath, formatGoJson, formatYaml, valuesAtPath } from "@kubets/machinery";
import type { Io } from "../command-line/command.ts";
import type { FlagValues } from "../command-line/flags.ts";
import { CommandError } from "../errors.ts";
import { type JsonObject, listAt, nameOf, textAt, valueAt, withMetadata } from "../json-object.ts";
import { splitApiVersion } from "../requests/api-resource.ts";

/** Prints objects (or a List of them) as a format says. */
export type ObjectPrinter = (objects: readonly JsonObject[], options: { readonly asList: boolean }) => string;

const formats = "custom-columns,custom-columns-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,wide,yaml";

/** The printer that `-o` asks for; undefined for none and for `wide`, where the command prints in its own way. */
export async function objectPrinter(flags: FlagValues, io: Io): Promise<ObjectPrinter | undefined> {
  const output = flags.text("output") ?? "";
  const [, format = "", , argument] = /^([^=]*)(=([\s\S]*))?$/.exec(output) ?? [];
  const keepManaged = flags.is("show-managed-fields");
  const clean = (object: JsonObject): JsonObject => (keepManaged ? object : withMetadata(object, { managedFields: undefined }));
  switch (format) {
    case "":
    case "wide":
      return undefined;
    case "json":
      return (objects, options) => `${formatGoJson(whole(objects.map(clean), options), "    ")}\n`;
    case "yaml":
      return (objects, options) => formatYaml(whole(objects.map(clean), options));
    case "name":
      return (objects) => objects.map((object) => `${printedName(object)}\n`).join("");
    case "jsonpath":
    case "jsonpath-as-json":
    case "jsonpath-file": {
      const { readTemplate } = await import("./typed-path.ts");
      const given = argument ?? flags.text("template") ?? "";
      if (given === "") throw new CommandError(`template format specified but no template given`);
      const text = format === "jsonpath-file" ? (await io.readFile(given)).trimEnd() : given;
      const template = readTemplate(text.includes("{") ? text : `{${text}}`);
      if (format !== "jsonpath-as-json") return (objects, options) => executeJsonPath(template, whole(objects.map(clean), options));
      return (objects, options) => {
        const root = whole(objects.map(clean), options);
        const values = template.flatMap((node) => (node.node === "path" ? valuesAtPath(node.path, root) : []));
        return `${formatGoJson(values, "    ")}\n`;
      };
    }
    case "custom-columns":
    case "custom-columns-file": {
      const { parseColumnTemplate, parseCustomColumns, printCustomColumns } = await import("./custom-columns.ts");
      const columns =
        format === "custom-columns" ? parseCustomColumns(argument ?? "") : parseColumnTemplate(await io.readFile(argument ?? ""));
      return (objects) => printCustomColumns(columns, objects, { withHeaders: !flags.is("no-headers") });
    }
    default:
      throw new CommandError(`unable to match a printer suitable for the output format "${output}", allowed formats are: ${formats}`);
  }
}

/** The flags that {@link objectPrinter} reads. */
export const printerFlags = [
  { name: "output", short: "o", takes: "text" },
  { name: "template", takes: "text" },
  { name: "show-managed-fields", takes: "nothing" },
] as const;

/** One object as itself; several, or a list that was asked for, as a List. */
function whole(objects: readonly JsonObject[], { asList }: { readonly asList: boolean }): unknown {
  if (!asList && objects.length === 1) return objects[0];
  return { apiVersion: "v1", items: objects, kind: "List", metadata: { resourceVersion: "" } };
}

/** `pod/x`, `deployment.apps/x`. */
export function printedName(object: JsonObject): string {
  const [group] = splitApiVersion(textAt(object, "apiVersion"));
  const kind = textAt(object, "kind").toLowerCase();
  return `${group === "" ? kind : `${kind}.${group}`}/${nameOf(object)}`;
}

/** The objects of a list that the server answered; each is told its kind, which servers leave out within a list. */
export function itemsOf(list: JsonObject): readonly JsonObject[] {
  const kind = textAt(list, "kind").replace(/List$/, "");
  const apiVersion = valueAt(list, "apiVersion");
  return listAt(list, "items").map((item) => ({
    ...item,
    kind: valueAt(item, "kind") ?? kind,
    apiVersion: valueAt(item, "apiVersion") ?? apiVersion,
  }));
}
