// kubectl by itself: `node program.ts get pods`.
import { runKubectlInProcess } from "./index.ts";

const interrupt = new AbortController();
process.once("SIGINT", () => interrupt.abort());
process.exitCode = await runKubectlInProcess(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  environment: process.env,
  signal: interrupt.signal,
});
