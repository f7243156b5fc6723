import { isStatus, nameSuffix } from "@kubets/machinery";
import type { Command, Invocation } from "../command-line/command.ts";
import type { Flag, FlagValues } from "../command-line/flags.ts";
import { CommandError } from "../errors.ts";
import { type JsonObject, listAt, nameOf, namespaceOf, textAt, valueAt } from "../json-object.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { joinStreams } from "../requests/container-streams.ts";
import { containerNames, podResource } from "../requests/pods.ts";
import { selectResources } from "../requests/resource-arguments.ts";
import { deadlineOf, until } from "../requests/until.ts";
import { copyOfPod, type DebugContainer, ephemeralContainer, podOnNode } from "./debug-pods.ts";
import { type DebugProfile, profileNamed } from "./debug-profiles.ts";
import { pairsOf } from "./pairs.ts";

const words = ["image", "target", "profile", "copy-to", "image-pull-policy"].map((name): Flag => ({ name, takes: "text" }));
const switches = ["attach", "arguments-only", "same-node", "share-processes", "replace"].map((name): Flag => ({ name, takes: "nothing" }));
const keeping = ["labels", "annotations", "liveness", "readiness", "startup", "init-containers"].map((what): Flag => ({
  name: `keep-${what}`,
  takes: "nothing",
}));

/** Joins a container for debugging to a Pod, to a copy of it, or to a node. */
export const debug: Command = {
  flags: [
    ...words,
    ...switches,
    ...keeping,
    { name: "container", short: "c", takes: "text" },
    { name: "env", takes: "texts" },
    { name: "set-image", takes: "texts" },
    { name: "stdin", short: "i", takes: "nothing" },
    { name: "tty", short: "t", takes: "nothing" },
    { name: "quiet", short: "q", takes: "nothing" },
  ],
  async run(invocation) {
    const { flags, io } = invocation;
    const target = targetOf(invocation);
    const profile = profileNamed(flags.text("profile") ?? "general");
    checkFlags(invocation);
    if (flags.has("target") && !flags.is("quiet"))
      io.out(
        `Targeting container "${flags.text("target")}". If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n`,
      );
    if (flags.text("profile") === "legacy")
      io.error(
        `--profile=legacy is deprecated and will be removed in the future. It is recommended to explicitly specify a profile, for example "--profile=general".\n`,
      );
    const connection = await invocation.connect();
    const [selected] = selectResources([target.includes("/") ? target : `pods/${target}`], await connection.resources());
    const { resource, name } = selected!;
    const object = await connection.api.request({
      method: "GET",
      path: pathOf(resource, resource.namespaced ? connection.namespace : "", name),
    });
    const debugging = { invocation, connection, profile };
    const made = await debugObject(debugging, resource.kind, object);
    if (made.container !== undefined && flags.is("attach", flags.is("stdin"))) await attachTo(debugging, made.pod, made.container);
  },
};

interface Debugging {
  readonly invocation: Invocation;
  readonly connection: Connection;
  readonly profile: DebugProfile;
}

interface Made {
  readonly pod: JsonObject;
  /** The container to attach to; absent when only images were changed. */
  readonly container?: string;
}

function targetOf({ args, dash }: Invocation): string {
  const [target, ...more] = dash === undefined ? args : args.slice(0, dash);
  if (target === undefined) throw new CommandError("NAME or filename is required for debug");
  if (more.length > 0) throw new CommandError("only one object can be debugged at a time");
  return target;
}

const commandOf = ({ args, dash }: Invocation): readonly string[] => (dash === undefined ? [] : args.slice(dash));

function checkFlags(invocation: Invocation): void {
  const { flags } = invocation;
  const [isCopy, hasImage, hasName] = ["copy-to", "image", "container"].map((name) => flags.has(name));
  const hasCommand = commandOf(invocation).length > 0;
  const refuse = (message: string): never => {
    throw new CommandError(message);
  };
  if (flags.is("attach") && !hasImage && !hasName)
    refuse("you must specify --container or create a new container using --image in order to attach.");
  if (isCopy) {
    if (!hasImage && !flags.has("set-image") && !hasCommand) refuse("you must specify --image, --set-image or command arguments.");
    if (hasCommand && !hasName && !hasImage) refuse("you must specify an existing container or a new image when specifying args.");
    if (flags.has("target")) refuse("--target is incompatible with --copy-to. Use --share-processes instead.");
  } else {
    for (const name of ["replace", "same-node"]) if (flags.is(name)) refuse(`--${name} may only be used with --copy-to.`);
    if (flags.has("set-image")) refuse("--set-image may only be used with --copy-to.");
    if (!hasImage) refuse("you must specify --image when not using --copy-to.");
  }
  const policy = flags.text("image-pull-policy") ?? "";
  if (!["Always", "IfNotPresent", "Never", ""].includes(policy)) refuse(`invalid image pull policy: ${policy}`);
  if (flags.is("tty") && !flags.is("stdin")) refuse("-i/--stdin is required for containers with -t/--tty=true");
}

function debugObject(debugging: Debugging, kind: string, object: JsonObject): Promise<Made> {
  if (kind === "Node") return debugNode(debugging, object);
  if (kind !== "Pod") throw new CommandError(`"${textAt(object, "apiVersion")}, Kind=${kind}" not supported by debug`);
  return debugging.invocation.flags.has("copy-to") ? debugByCopy(debugging, object) : debugInside(debugging, object);
}

/** An ephemeral container joins the Pod that runs. */
async function debugInside({ invocation, connection, profile }: Debugging, pod: JsonObject): Promise<Made> {
  const { flags } = invocation;
  const container = containerOf(invocation, nameFor(invocation, pod));
  const names = [...containerNames(pod, "ephemeralContainers"), container.name];
  const body = {
    spec: {
      ephemeralContainers: [ephemeralContainer(container, profile, flags.text("target"))],
      "$setElementOrder/ephemeralContainers": names.map((name) => ({ name })),
    },
  };
  const path = pathOf(podResource, namespaceOf(pod), nameOf(pod), "ephemeralcontainers");
  const contentType = "application/strategic-merge-patch+json";
  return { pod: await connection.api.request({ method: "PATCH", path, body, contentType }), container: container.name };
}

async function debugByCopy({ invocation, connection, profile }: Debugging, pod: JsonObject): Promise<Made> {
  const { flags } = invocation;
  const isOnlyImages = !flags.has("image") && !flags.has("container");
  const container = isOnlyImages ? undefined : containerOf(invocation, nameFor(invocation, pod));
  const copy = copyOfPod(pod, {
    name: flags.text("copy-to")!,
    ...(container === undefined ? {} : { container }),
    images: pairsOf(flags.texts("set-image")),
    sameNode: flags.is("same-node"),
    ...(flags.has("share-processes") ? { sharesProcesses: flags.is("share-processes") } : {}),
    profile,
    kept: {
      labels: flags.is("keep-labels"),
      annotations: flags.is("keep-annotations"),
      initContainers: flags.is("keep-init-containers", true),
      livenessProbe: flags.is("keep-liveness"),
      readinessProbe: flags.is("keep-readiness"),
      startupProbe: flags.is("keep-startup"),
    },
  });
  const created = await connection.api.request({ method: "POST", path: pathOf(podResource, namespaceOf(pod)), body: copy });
  if (flags.is("replace")) {
    const path = pathOf(podResource, namespaceOf(pod), nameOf(pod));
    await connection.api.request({ method: "DELETE", path, body: { gracePeriodSeconds: 0 } });
  }
  return { pod: created, ...(container === undefined ? {} : { container: container.name }) };
}

async function debugNode({ invocation, connection, profile }: Debugging, node: JsonObject): Promise<Made> {
  const { flags, io, random } = invocation;
  const container = containerOf(invocation, flags.text("container") ?? "debugger");
  const name = `node-debugger-${nameOf(node)}-${nameSuffix(random)}`;
  if (!flags.is("quiet")) io.out(`Creating debugging pod ${name} with container ${container.name} on node ${nameOf(node)}.\n`);
  const body = podOnNode(name, node, container, profile);
  const path = pathOf(podResource, connection.namespace);
  return { pod: await connection.api.request({ method: "POST", path, body }), container: container.name };
}

/** The name that was given, or one that no container of the Pod has. */
function nameFor({ flags, io, random }: Invocation, pod: JsonObject): string {
  const given = flags.text("container");
  if (given !== undefined) return given;
  const taken = ["containers", "initContainers", "ephemeralContainers"].flatMap((member) => containerNames(pod, member));
  let name: string;
  do name = `debugger-${nameSuffix(random)}`;
  while (taken.includes(name));
  if (!flags.is("quiet")) io.out(`Defaulting debug container name to ${name}.\n`);
  return name;
}

function containerOf(invocation: Invocation, name: string): DebugContainer {
  const { flags } = invocation;
  const [image, policy] = [flags.text("image"), flags.text("image-pull-policy")];
  return {
    name,
    ...(image === undefined ? {} : { image }),
    ...(policy === undefined ? {} : { imagePullPolicy: policy }),
    env: envOf(flags),
    words: commandOf(invocation),
    wordsAre: flags.is("arguments-only") ? "args" : "command",
    stdin: flags.is("stdin"),
    tty: flags.is("tty"),
  };
}

function envOf(flags: FlagValues): readonly JsonObject[] {
  return Object.entries(pairsOf(flags.texts("env"))).map(([name, value]) => ({ name, value }));
}

/** Joins the container as soon as it runs; of one that was over before that, what it wrote is shown. */
async function attachTo({ invocation, connection }: Debugging, pod: JsonObject, container: string): Promise<void> {
  const { flags, io } = invocation;
  const target = { resource: podResource, namespace: namespaceOf(pod), name: nameOf(pod) };
  let seen = pod;
  const isUp = (now: JsonObject | undefined): boolean => {
    if (now === undefined) throw new CommandError(`pod ${target.name} was deleted`);
    seen = now;
    return ["running", "terminated"].some((state) => valueAt(statusOf(now, container), "state", state) !== undefined);
  };
  await until(connection, target, isUp, deadlineOf(invocation, "0"));
  if (valueAt(statusOf(seen, container), "state", "running") !== undefined) {
    const [stdin, tty] = [flags.is("stdin"), flags.is("tty") && io.terminal !== undefined];
    if (stdin && tty && !flags.is("quiet")) io.error("If you don't see a command prompt, try pressing enter.\n");
    try {
      return await joinStreams(connection, { verb: "attach", pod: seen, container, stdin, tty }, io);
    } catch (error) {
      // It may have ended between the look and the joining.
      if (!isStatus(error)) throw error;
    }
  }
  const path = pathOf(podResource, target.namespace, target.name, "log");
  for await (const bytes of connection.api.chunks({ path, query: { container } })) await io.outBytes(bytes);
}

function statusOf(pod: JsonObject, container: string): JsonObject | undefined {
  return ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"]
    .flatMap((member) => listAt(pod, "status", member))
    .find((status) => textAt(status, "name") === container);
}
