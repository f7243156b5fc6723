import { type ChildProcess, execFileSync, spawn } from "node:child_process";

/**
 * A machine's network of its own, and one that plays the world outside of it: what happens to the one, such as a firewall that lets
 * nothing through, doesn't touch this machine. The machine is 192.168.78.1, the outside 192.168.78.2, which knows no way to Pods.
 */
export interface Machine extends AsyncDisposable {
  /** What runs a program on the machine: put before its words. */
  readonly under: readonly string[];
  run(program: string, ...args: readonly string[]): string;
  /** Starts a program on the machine; it ends with it. Resolves when it has said something. */
  start(where: "machine" | "outside", program: string, ...args: readonly string[]): Promise<ChildProcess>;
}

export const outside = "192.168.78.2";

export function makeMachine(): Machine {
  const names = { machine: `kbm-${process.pid}`, outside: `kbo-${process.pid}` };
  const ip = (...args: readonly string[]): void => void execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
  // Not `ip netns exec`, which mounts another /sys, without control groups.
  const enter = (where: "machine" | "outside"): readonly string[] => ["nsenter", `--net=/run/netns/${names[where]}`];
  const running: ChildProcess[] = [];
  for (const name of Object.values(names)) {
    ip("netns", "add", name);
    ip("-n", name, "link", "set", "lo", "up");
  }
  ip("-n", names.machine, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", names.outside);
  ip("-n", names.machine, "addr", "add", "192.168.78.1/24", "dev", "eth0");
  ip("-n", names.outside, "addr", "add", `${outside}/24`, "dev", "eth0");
  for (const name of Object.values(names)) ip("-n", name, "link", "set", "eth0", "up");
  ip("-n", names.machine, "route", "add", "default", "via", outside);
  return {
    under: enter("machine"),
    run(program, ...args) {
      const [first, ...rest] = [...enter("machine"), program, ...args];
      return execFileSync(first!, rest, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    },
    async start(where, program, ...args) {
      const [first, ...rest] = [...enter(where), program, ...args];
      const child = spawn(first!, rest, { stdio: ["ignore", "pipe", "pipe"] });
      running.push(child);
      let said = "";
      await new Promise<void>((resolve, reject) => {
        for (const stream of [child.stdout, child.stderr]) {
          stream.on("data", (bytes: Buffer) => {
            said += String(bytes);
            resolve();
          });
        }
        child.once("error", reject);
        child.once("exit", (code) => reject(new Error(`${program} ended with ${code}: ${said}`)));
      });
      return child;
    },
    async [Symbol.asyncDispose]() {
      for (const child of running) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGTERM");
        await ended;
      }
      for (const name of Object.values(names)) ip("netns", "delete", name);
    },
  };
}
