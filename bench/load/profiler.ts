import { writeFileSync } from "node:fs";

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** V8's profiler in another process, which was started with `--inspect=127.0.0.1:PORT`. It samples the thread that serves. */
export class Profiler {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (result: unknown) => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { readonly id?: number; readonly result: unknown };
      if (id !== undefined) this.#answers.get(id)?.(result);
    });
  }

  static async connect(port: number): Promise<Profiler> {
    const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as { readonly webSocketDebuggerUrl: string }[];
    const socket = new WebSocket(target!.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    return new Profiler(socket);
  }

  async start(): Promise<void> {
    await this.#call("Profiler.enable");
    await this.#call("Profiler.setSamplingInterval", { interval: 200 });
    await this.#call("Profiler.start");
  }

  /** Ends the profile, keeps it in `file` (`.cpuprofile`, as DevTools read it) and answers the functions that took most themselves. */
  async stop(file: string): Promise<readonly string[]> {
    const { profile } = (await this.#call("Profiler.stop")) as { readonly profile: Profile };
    writeFileSync(file, JSON.stringify(profile));
    this.#socket.close();
    return hottest(profile);
  }

  #call(method: string, params: object = {}): Promise<unknown> {
    const id = this.#answers.size + 1;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}

const shown = 40;

function hottest({ nodes, samples, timeDeltas }: Profile): readonly string[] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [id, `${functionName} ${url.split("/").at(-1)}:${lineNumber + 1}`]),
  );
  const own = new Map<string, number>();
  let busy = 0;
  samples.forEach((id, index) => {
    const name = names.get(id)!;
    if (name.startsWith("(idle)") || name.startsWith("(program)")) return;
    const micros = timeDeltas[index]!;
    busy += micros;
    own.set(name, (own.get(name) ?? 0) + micros);
  });
  return [...own]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, shown)
    .map(([name, micros]) => `${((micros / busy) * 100).toFixed(1).padStart(5)} %  ${name}`);
}
