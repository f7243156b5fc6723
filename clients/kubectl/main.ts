import type { Clock, Random } from "@kubets/machinery";
import type { Command, Io } from "./command-line/command.ts";
import { type Flag, type FlagValues, parseCommandLine } from "./command-line/flags.ts";
import { CommandError, sayError, SaidError, UsageError } from "./errors.ts";
import type { Connection } from "./requests/connection.ts";

/** Where kubectl runs: the process in the program, a test's own in tests. */
export interface Surroundings {
  readonly io: Io;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Opens the cluster that the flags and the kubeconfig name. */
  connect(flags: FlagValues): Promise<Connection>;
  kubeconfigFiles(flags: FlagValues): Promise<readonly string[]>;
}

/** Every verb, imported only when it is asked for. Adding one is one file and one line here. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  annotate: async () => (await import("./commands/label.ts")).annotate,
  "api-resources": async () => (await import("./commands/api-resources.ts")).apiResources,
  "api-versions": async () => (await import("./commands/api-versions.ts")).apiVersions,
  apply: async () => (await import("./commands/apply.ts")).apply,
  attach: async () => (await import("./commands/attach.ts")).attach,
  auth: async () => (await import("./commands/auth.ts")).auth,
  autoscale: async () => (await import("./commands/autoscale.ts")).autoscale,
  certificate: async () => (await import("./commands/certificate.ts")).certificate,
  "cluster-info": async () => (await import("./commands/cluster-info.ts")).clusterInfo,
  config: async () => (await import("./commands/config.ts")).config,
  cordon: async () => (await import("./commands/cordon.ts")).cordon,
  cp: async () => (await import("./commands/cp.ts")).cp,
  create: async () => (await import("./commands/create.ts")).create,
  debug: async () => (await import("./commands/debug.ts")).debug,
  delete: async () => (await import("./commands/delete.ts")).deleteObjects,
  describe: async () => (await import("./commands/describe.ts")).describe,
  diff: async () => (await import("./commands/diff.ts")).diff,
  drain: async () => (await import("./commands/drain.ts")).drain,
  edit: async () => (await import("./commands/edit.ts")).edit,
  events: async () => (await import("./commands/events.ts")).events,
  explain: async () => (await import("./commands/explain.ts")).explain,
  exec: async () => (await import("./commands/exec.ts")).exec,
  expose: async () => (await import("./commands/expose.ts")).expose,
  get: async () => (await import("./commands/get.ts")).get,
  kustomize: async () => (await import("./commands/kustomize.ts")).kustomize,
  label: async () => (await import("./commands/label.ts")).label,
  logs: async () => (await import("./commands/logs.ts")).logs,
  patch: async () => (await import("./commands/patch.ts")).patch,
  "port-forward": async () => (await import("./commands/port-forward.ts")).portForward,
  proxy: async () => (await import("./commands/proxy.ts")).proxy,
  replace: async () => (await import("./commands/replace.ts")).replace,
  rollout: async () => (await import("./commands/rollout.ts")).rollout,
  run: async () => (await import("./commands/run.ts")).run,
  scale: async () => (await import("./commands/scale.ts")).scale,
  set: async () => (await import("./commands/set.ts")).set,
  taint: async () => (await import("./commands/taint.ts")).taint,
  top: async () => (await import("./commands/top.ts")).top,
  uncordon: async () => (await import("./commands/cordon.ts")).uncordon,
  version: async () => (await import("./commands/version.ts")).version,
  wait: async () => (await import("./commands/wait.ts")).wait,
};

/** The flags of every command. */
export const globalFlags: readonly Flag[] = [
  { name: "kubeconfig", takes: "text" },
  { name: "context", takes: "text" },
  { name: "cluster", takes: "text" },
  { name: "user", takes: "text" },
  { name: "namespace", short: "n", takes: "text" },
  { name: "server", short: "s", takes: "text" },
  { name: "token", takes: "text" },
  { name: "certificate-authority", takes: "text" },
  { name: "insecure-skip-tls-verify", takes: "nothing" },
  { name: "request-timeout", takes: "text" },
  { name: "help", short: "h", takes: "nothing" },
  { name: "v", short: "v", takes: "number" },
];

/** Runs kubectl with its arguments; answers the exit code. Everything is said through `io`. */
export async function runKubectl(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { io } = surroundings;
  let connection: Promise<Connection> | undefined;
  try {
    const { verb, words } = splitVerb(argv);
    if (verb === undefined || verb === "help") {
      io.out(usage());
      return 0;
    }
    const load = Object.hasOwn(commands, verb) ? commands[verb] : undefined;
    if (load === undefined) throw new UsageError(`unknown command "${verb}" for "kubectl"`);
    const command = await load();
    const known = [...command.flags, ...globalFlags];
    const { flags, args, dash } = parseCommandLine(words, known, { stopAtArgument: command.stopAtArgument ?? false });
    if (flags.is("help")) {
      io.out(helpOf(verb, command));
      return 0;
    }
    return (
      (await command.run({
        args,
        dash,
        flags,
        io,
        clock: surroundings.clock,
        random: surroundings.random,
        signal: surroundings.signal,
        connect: () => (connection ??= surroundings.connect(flags)),
        kubeconfigFiles: () => surroundings.kubeconfigFiles(flags),
      })) ?? 0
    );
  } catch (error) {
    if (surroundings.signal.aborted) return 130;
    if (!(error instanceof SaidError)) io.error(`${sayError(error)}\n`);
    if (error instanceof UsageError) io.error("See 'kubectl --help' for usage.\n");
    return error instanceof CommandError ? error.exitCode : 1;
  } finally {
    await (await connection?.catch(() => undefined))?.close();
  }
}

/** The verb, with the global flags that may stand before it moved behind it. */
function splitVerb(argv: readonly string[]): { readonly verb: string | undefined; readonly words: readonly string[] } {
  const { args } = parseCommandLine(argv[0]?.startsWith("-") === true ? argv : [], globalFlags, { stopAtArgument: true });
  if (argv[0]?.startsWith("-") !== true) return { verb: argv[0], words: argv.slice(1) };
  const before = argv.slice(0, argv.length - args.length);
  return { verb: args[0], words: [...before, ...args.slice(1)] };
}

function usage(): string {
  const names = Object.keys(commands).sort();
  return `kubectl controls the Kubernetes cluster manager.\n\nCommands:\n${names.map((name) => `  ${name}\n`).join("")}\nUsage:\n  kubectl [command] [flags]\n`;
}

function helpOf(verb: string, { flags }: Command): string {
  const lines = [...flags, ...globalFlags].map(({ name, short }) => `    ${short === undefined ? "" : `-${short}, `}--${name}\n`);
  return `Usage:\n  kubectl ${verb} [flags]\n\nOptions:\n${lines.join("")}`;
}
