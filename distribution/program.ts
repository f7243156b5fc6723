import { Command, CommanderError } from "commander";
import { CommandError } from "./command-error.ts";
import { componentCommands } from "./components/component-commands.ts";
import { kubernetesVersion, programVersion } from "./version.ts";

/** Every subcommand, imported only when it is asked for. Adding one is one file and one line here. */
const commands: readonly ((program: Command) => void)[] = [
  (program) => {
    clusterOptions(program.command("up"))
      .description("a whole cluster on this machine, in the foreground; Ctrl-C stops it")
      .option(
        "--nodes <kind>",
        "real, none, or simulated=N for N nodes without machines (default: real as root on Linux, else simulated=1)",
      )
      .option(
        "--registry-config <directory>",
        "mirrors and certificate authorities of image registries, as containerd reads them: HOST/hosts.toml, _default/hosts.toml",
      )
      .option(
        "--runtime-config <entries>",
        "which API versions are served: api/all, api/beta, GROUP/VERSION or GROUP/VERSION/RESOURCE, each =true or =false, joined by commas",
        (entries: string, before: readonly string[] = []) => [...before, entries],
      )
      .option(
        "--controllers <names>",
        "which controllers run, joined by commas: * is all that are on by default, foo the one of that name, -foo all but that one (default: all)",
        (names: string, before: readonly string[] = []) => [...before, ...names.split(",")],
      )
      .option("--port <number>", "port of the API server (6443, or the next free one)")
      .option("--kubeconfig <file>", "merge the cluster into this file instead of $KUBECONFIG or ~/.kube/config")
      .option("--keep-context", "leave the current context of the kubeconfig as it is")
      .option("-f, --filename <file>", "apply this manifest once the cluster is ready")
      .option("--detach", "return once the cluster is ready")
      .option("--output <format>", "json: say readiness as one line of JSON on standard output")
      .option("-v, --verbose", "say everything")
      .action(async (options) => (await import("./commands/up.ts")).up(options));
  },
  (program) => {
    clusterOptions(program.command("down"))
      .description("stop a cluster that runs on this machine")
      .option("--purge", "remove its data directory and its entries in the kubeconfig as well")
      .option("--kubeconfig <file>", "the file that the cluster was merged into")
      .action(async (options) => (await import("./commands/down.ts")).down(options));
  },
  (program) => {
    clusterOptions(program.command("status"))
      .description("whether a cluster runs on this machine, and where")
      .option("--output <format>", "json, for scripts")
      .action(async (options) => (await import("./commands/status.ts")).status(options));
  },
  (program) => {
    const image = program.command("image").description("images of this machine's node");
    clusterOptions(image.command("load <file>"))
      .description("bring the images of an archive (OCI, or of docker save) onto the node")
      .option("--output <format>", "json, for scripts")
      .action(async (file: string, options) => (await import("./commands/image.ts")).loadImages(file, options));
    clusterOptions(image.command("list"))
      .description("which images the node has")
      .option("--output <format>", "json, for scripts")
      .action(async (options) => (await import("./commands/image.ts")).listImages(options));
  },
  (program) => {
    program
      .command("envtest")
      .description("for the test suites of Go controllers")
      .command("assets <directory>")
      .description("write the programs etcd, kube-apiserver and kubectl, for KUBEBUILDER_ASSETS to name")
      .action(async (directory: string) => (await import("./envtest/assets.ts")).writeAssets(directory));
  },
];

/** Runs the program with its arguments; answers the exit code. What went wrong is said in one sentence on standard error. */
export async function run(args: readonly string[]): Promise<number> {
  const program = new Command("kubets")
    .description("Kubernetes, from scratch: a whole cluster in one program")
    .version(`kubets ${programVersion}, Kubernetes ${kubernetesVersion("").gitVersion}`)
    .exitOverride()
    .enablePositionalOptions();
  for (const add of commands) add(program);
  // For the list of commands alone: the main module hands them on.
  for (const { name, description } of componentCommands) program.command(name).description(description);
  program.command("kubectl").description("our kubectl: get, apply, describe, logs, exec, rollout, …");
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync([...args], { from: "user" });
    return typeof process.exitCode === "number" ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof CommandError) {
      console.error(`kubets: ${error.message}`);
      return error.exitCode;
    }
    console.error("kubets: this is a bug in kubets:", error instanceof Error ? await traced(error) : error);
    return 70;
  }
}

/** The error with a stack that names the sources. */
async function traced(error: Error): Promise<Error> {
  const { readableStack } = await import("./readable-stack.ts");
  if (error.stack !== undefined) error.stack = readableStack(error.stack);
  return error;
}

/** Every command that speaks to a local cluster says which. */
function clusterOptions(command: Command): Command {
  return command
    .option("--name <name>", "the cluster, when several live on this machine", "default")
    .option("--data-dir <directory>", "where the cluster keeps everything (default: by name and user)");
}
