import { formatJsonPathValue, valuesAtPath } from "@kubets/machinery";
import type { Command } from "../command-line/command.ts";
import { CommandError, sayError, SaidError } from "../errors.ts";
import { type JsonObject, listAt, numberAt, textAt } from "../json-object.ts";
import { fileFlags } from "../manifests/load.ts";
import { readPath } from "../printers/typed-path.ts";
import { objectName } from "../requests/api-resource.ts";
import { targetFlags, targetsOf } from "../requests/targets.ts";
import { deadlineOf, until } from "../requests/until.ts";

export const wait: Command = {
  flags: [...fileFlags, ...targetFlags, { name: "for", takes: "text" }, { name: "timeout", takes: "text" }],
  async run(invocation) {
    const { flags, io, args } = invocation;
    const condition = flags.text("for");
    if (condition === undefined || condition === "") throw new CommandError('required flag(s) "for" not set');
    const isMet = readCondition(condition);
    const timeout = flags.text("timeout") ?? "30s";
    const connection = await invocation.connect();
    const targets = await targetsOf(invocation, connection, { args });
    const isGone = condition.toLowerCase() === "delete";
    // What is to be deleted may be gone already, which is what was waited for.
    if (targets.length === 0 && !isGone) throw new CommandError("no matching resources found");
    const deadline = deadlineOf(invocation, timeout);
    let failed = false;
    for (const target of targets) {
      const { resource, name } = target;
      try {
        const met = await until(connection, target, (object) => isMet(object, resource.resource, name), deadline);
        if (!met) throw new CommandError(`timed out waiting for the condition on ${resource.resource}/${name}`);
        io.out(`${objectName(resource, name)} condition met\n`);
      } catch (error) {
        failed = true;
        io.error(`${sayError(error)}\n`);
      }
    }
    if (failed) throw new SaidError();
  },
};

/** Whether an object (undefined: there is none) is as it was waited for. */
type Condition = (object: JsonObject | undefined, resource: string, name: string) => boolean;

/** Reads `delete`, `create`, `condition=Ready[=False]`, `jsonpath={.status.phase}[=Running]`. */
function readCondition(text: string): Condition {
  if (text.toLowerCase() === "delete") return (object) => object === undefined;
  if (text.toLowerCase() === "create") return (object) => object !== undefined;
  if (text.startsWith("condition=")) {
    const [type = "", status = "true"] = text.slice("condition=".length).split("=");
    return existing((object) => hasCondition(object, type, status));
  }
  if (text.startsWith("jsonpath=")) {
    const [, expression = "", , value] = /^(\{.*?\}|[^=]*)(=([\s\S]*))?$/.exec(text.slice("jsonpath=".length)) ?? [];
    const path = readPath(expression.replace(/^'|'$/g, ""));
    return existing((object) => {
      const found = valuesAtPath(path, object);
      return value === undefined ? found.length > 0 : found.length === 1 && formatJsonPathValue(found[0]) === value;
    });
  }
  throw new CommandError(`unrecognized condition: "${text}"`);
}

function existing(isMet: (object: JsonObject) => boolean): Condition {
  return (object, resource, name) => {
    if (object === undefined) throw new CommandError(`${resource} "${name}" not found`);
    return isMet(object);
  };
}

function hasCondition(object: JsonObject, type: string, status: string): boolean {
  const condition = listAt(object, "status", "conditions").find((each) => textAt(each, "type").toLowerCase() === type.toLowerCase());
  if (condition === undefined || textAt(condition, "status").toLowerCase() !== status.toLowerCase()) return false;
  // A condition that was said of an older generation says nothing of this one.
  const observed = condition["observedGeneration"] ?? numberAt(object, "status", "observedGeneration");
  return typeof observed !== "number" || observed === 0 || observed >= numberAt(object, "metadata", "generation");
}
