// Cached compilation must be on before anything else is imported: six hundred modules start in 0.2 s instead of 0.8 s.
import { enableCompileCache } from "node:module";

enableCompileCache();

const outputs = [process.stdout, process.stderr] as const;
// Nobody reads any more (`… | head`): it ends as other programs do, by what SIGPIPE would have made of it.
for (const output of outputs) output.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 141 : 1));

const exitCode = await run(process.argv.slice(2));
// A slow reader gets everything.
await Promise.all(outputs.map((output) => new Promise<void>((resolve) => void output.write("", () => resolve()))));
// What a failed start left running must not keep the program alive.
process.exit(exitCode);

async function run(args: readonly string[]): Promise<number> {
  // The command lines of these are their own, down to the order of flags: they need nothing of the program's.
  if (args[0] === "kubectl") return (await import("./commands/kubectl.ts")).kubectl(args.slice(1));
  const { componentCommands } = await import("./components/component-commands.ts");
  const component = componentCommands.find(({ name }) => name === args[0]);
  if (component !== undefined) return component.run(args.slice(1));
  if (args[0] === "envtest" && args[1] === "etcd") return (await import("./envtest/etcd-program.ts")).runEtcd(args.slice(2));
  return (await import("./program.ts")).run(args);
}
