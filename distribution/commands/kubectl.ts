import { runKubectlInProcess } from "@kubets/kubectl/node";

/** `kubets kubectl …`, and the program when it is called `kubectl`. Answers the exit code. */
export async function kubectl(args: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort(new Error("interrupted"));
  process.once("SIGINT", onSignal);
  try {
    const { stdout, stderr, stdin, env } = process;
    return await runKubectlInProcess(args, { stdout, stderr, stdin, environment: env, signal: interrupt.signal });
  } finally {
    process.off("SIGINT", onSignal);
  }
}
