import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";
import { Agent, request } from "undici";

const main = fileURLToPath(new URL("../../distribution/main.ts", import.meta.url));

/** The program as a process of its own, as a user starts it: `kubets ARGS…`. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** The line that `up --output json` writes when the cluster is ready. Rejects with what was said when the program ends before. */
  readonly ready: Promise<Readiness>;
  /** How it ended, and all that it said. */
  readonly ended: Promise<Ending>;
  kill(signal: NodeJS.Signals): void;
}

export interface Readiness {
  readonly server: string;
  readonly kubeconfig: string;
  readonly context: string;
  readonly pid: number;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** As another user, who has no rights here. */
  readonly uid?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the program from the checkout. `home` holds what a user's home holds: the kubeconfig, the default data directory. */
export function startProgram(args: readonly string[], home: string, { uid, environment = {} }: ProgramOptions = {}): Program {
  const child: ChildProcess = spawn(process.execPath, ["--conditions=source", "--disable-warning=ExperimentalWarning", main, ...args], {
    cwd: home,
    // Of this process's environment only the path: the program must find nothing of ours.
    env: { PATH: process.env.PATH ?? "", HOME: home, KUBECONFIG: join(home, "kubeconfig"), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`Cannot start ${process.execPath}`);
  let stdout = "";
  let stderr = "";
  const ready = Promise.withResolvers<Readiness>();
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    const line = stdout.split("\n").find((each) => each.startsWith("{"));
    if (line !== undefined && stdout.includes(`${line}\n`)) ready.resolve(JSON.parse(line) as Readiness);
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ending>((resolve) => {
    child.once("close", (code, signal) => {
      resolve({ code, signal, stdout, stderr });
      ready.reject(new Error(`kubets ${args.join(" ")} ended (${code ?? signal}) before it was ready: ${stderr}`));
    });
  });
  // Who only waits for the end has not asked whether it was ever ready.
  ready.promise.catch(() => undefined);
  const kill = (signal: NodeJS.Signals): void => void child.kill(signal);
  return {
    pid,
    ready: ready.promise,
    ended,
    kill,
    async [Symbol.asyncDispose]() {
      kill("SIGKILL");
      await ended;
    },
  };
}

/** Runs the program to its end. */
export async function runProgram(args: readonly string[], home: string, options?: ProgramOptions): Promise<Ending> {
  await using program = startProgram(args, home, options);
  return await program.ended;
}

/** A client that is none of ours: HTTP/1.1 with the certificates of a kubeconfig. */
export interface Api extends AsyncDisposable {
  /** Rejects when the connection breaks; an answer of any status is an answer. */
  call(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
}

export function connect(kubeconfig: string): Api {
  const config = load(readFileSync(kubeconfig, "utf8")) as {
    readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
    readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
  };
  const [{ cluster }] = config.clusters;
  const [{ user }] = config.users;
  const pem = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString();
  const agent = new Agent({
    connections: 16,
    // undici would speak HTTP/2 with whoever does; over that it may wait for good for a server that was killed.
    allowH2: false,
    connect: {
      ca: pem(cluster["certificate-authority-data"]),
      cert: pem(user["client-certificate-data"]),
      key: pem(user["client-key-data"]),
    },
  });
  return {
    async call(method, path, body) {
      const { statusCode, body: answer } = await request(`${cluster.server}${path}`, {
        dispatcher: agent,
        method,
        headers: { "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: statusCode, body: text.startsWith("{") ? (JSON.parse(text) as unknown) : text };
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** Whether a process with this id runs; one that has ended and that nobody has asked after doesn't. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
