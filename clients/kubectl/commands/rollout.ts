import { formatTime, sameJson } from "@kubets/machinery";
import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError, sayError, SaidError } from "../errors.ts";
import { type JsonObject, numberAt, objectAt, valueAt } from "../json-object.ts";
import { manifestFlags, namesManifests } from "../manifests/load.ts";
import { objectName, qualified } from "../requests/api-resource.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { read, type Target, targetFlags, targetsOf } from "../requests/targets.ts";
import { deadlineOf, until } from "../requests/until.ts";
import { revisionsOf, rollbackPatch, withoutHash } from "./rollout-revisions.ts";
import { rolloutStatus } from "./rollout-status.ts";

/** `rollout status|history|undo|restart|pause|resume` of Deployments, DaemonSets and StatefulSets. */
export const rollout: Command = {
  flags: [
    ...manifestFlags,
    ...targetFlags,
    { name: "watch", short: "w", takes: "nothing" },
    { name: "timeout", takes: "text" },
    { name: "revision", takes: "number" },
    { name: "to-revision", takes: "number" },
  ],
  async run(invocation) {
    const [verb = "", ...args] = invocation.args;
    const act = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (act === undefined) throw new CommandError(`unknown command "rollout ${verb}": expected ${Object.keys(verbs).join(", ")}`);
    if (args.length === 0 && !namesManifests(invocation.flags)) throw new CommandError("required resource not specified");
    const connection = await invocation.connect();
    const targets = await targetsOf(invocation, connection, { args, everythingByDefault: true });
    let failed = false;
    for (const target of targets) {
      try {
        await act(invocation, connection, target);
      } catch (error) {
        failed = true;
        invocation.io.error(`${sayError(error)}\n`);
      }
    }
    if (failed) throw new SaidError();
  },
};

type Act = (invocation: Invocation, connection: Connection, target: Target) => Promise<void>;

const verbs: Readonly<Record<string, Act>> = {
  async status(invocation, connection, target) {
    const { flags, io } = invocation;
    let last = "";
    const isDone = (object: JsonObject | undefined): boolean => {
      if (object === undefined) throw new CommandError("object has been deleted");
      const { done, text } = rolloutStatus(object);
      if (text !== last) io.out(text);
      last = text;
      return done || !flags.is("watch", true);
    };
    const inTime = await until(connection, target, isDone, deadlineOf(invocation, flags.text("timeout") ?? "0"));
    if (!inTime) throw new CommandError("timed out waiting for the condition");
  },

  async history({ flags, io }, connection, target) {
    const revisions = await revisionsOf(connection, target, await read(connection, target));
    const { historyText, detailText } = await import("./rollout-history.ts");
    const wanted = flags.number("revision") ?? 0;
    const name = objectName(target.resource, target.name);
    io.out(wanted > 0 ? detailText(name, revisions, wanted) : historyText(name, revisions));
  },

  async undo({ flags, io }, connection, target) {
    const { resource, name } = target;
    const object = await read(connection, target);
    if (valueAt(object, "spec", "paused") === true)
      throw new CommandError(`you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`);
    const revisions = await revisionsOf(connection, target, object);
    const wanted = flags.number("to-revision") ?? 0;
    const revision = wanted > 0 ? revisions.find(({ number }) => number === wanted) : revisions.at(-2);
    if (revision === undefined)
      throw new CommandError(
        wanted > 0
          ? `unable to find specified revision ${wanted} in history`
          : `no rollout history found for ${resource.singular} "${name}"`,
      );
    const { contentType, body } = rollbackPatch(object, revision);
    if (sameJson(objectAt(object, "spec", "template"), withoutHash(revision.template)))
      return io.out(`${objectName(resource, name)} skipped rollback (current template already matches revision ${revision.number})\n`);
    await patch(connection, target, body, "kubectl-rollout", contentType);
    io.out(`${objectName(resource, name)} rolled back\n`);
  },

  async restart({ clock, io }, connection, target) {
    const object = await read(connection, target);
    if (valueAt(object, "spec", "paused") === true)
      throw new CommandError(
        `${qualified(target.resource.resource, target.resource)} "${target.name}" can't restart paused deployment (run rollout resume first)`,
      );
    const annotations = { "kubectl.kubernetes.io/restartedAt": formatTime(clock.now()) };
    await patch(connection, target, { spec: { template: { metadata: { annotations } } } }, "kubectl-rollout");
    io.out(`${objectName(target.resource, target.name)} restarted\n`);
  },

  pause: (invocation, connection, target) => setPaused(invocation, connection, target, true),
  resume: (invocation, connection, target) => setPaused(invocation, connection, target, false),
};

async function setPaused({ io }: Invocation, connection: Connection, target: Target, paused: boolean): Promise<void> {
  const { resource, name } = target;
  const object = await read(connection, target);
  const quoted = `${qualified(resource.resource, resource)} "${name}"`;
  if (resource.kind !== "Deployment") throw new CommandError(`${quoted} ${paused ? "pausing" : "resuming"} is not supported`);
  if ((valueAt(object, "spec", "paused") === true) === paused) throw new CommandError(`${quoted} is ${paused ? "already" : "not"} paused`);
  await patch(connection, target, { spec: { paused: paused ? true : null } }, "kubectl-rollout");
  io.out(`${objectName(resource, name)} ${paused ? "paused" : "resumed"}\n`);
}

async function patch(
  { api }: Connection,
  { resource, namespace, name }: Target,
  body: unknown,
  fieldManager: string,
  contentType = "application/strategic-merge-patch+json",
): Promise<number> {
  const answer = await api.request({
    method: "PATCH",
    path: pathOf(resource, namespace, name),
    query: { fieldManager },
    contentType,
    body,
  });
  return numberAt(answer, "metadata", "generation");
}
