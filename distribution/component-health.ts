import type { ComponentProbe } from "@kubets/apiserver";
import { beginningOfBody, type Dialer } from "@kubets/machinery";

/** A component that may run in this process. */
interface Component {
  readonly name: string;
  /** Where it tells of its health when it is a process of its own on this machine. */
  readonly port: number;
  readonly isHere: boolean;
}

/** How the components of the control plane are: those of this process, and those that listen on this machine. */
export class ComponentHealth {
  readonly probes: readonly ComponentProbe[];
  readonly #running = new Set<string>();

  constructor(dialer: Dialer | undefined, components: readonly Component[]) {
    this.probes = components.map(({ name, port, isHere }) => ({
      name,
      probe: (signal) => (isHere ? this.#here(name) : overThere(dialer, `https://127.0.0.1:${port}`, signal)),
    }));
  }

  /** The component began to work. */
  runs(name: string): void {
    this.#running.add(name);
  }

  async #here(name: string): Promise<string> {
    if (!this.#running.has(name)) throw new Error(`${name} is not running yet`);
    return "ok";
  }
}

const longestMessage = 1000;

async function overThere(dialer: Dialer | undefined, origin: string, signal: AbortSignal): Promise<string> {
  if (dialer === undefined) throw new Error("not a part of this process, which reaches no other");
  // Whoever listens there on this machine is believed, as upstream does: nothing but its word is asked.
  const target = { origin, anyCertificate: true };
  const { status, body } = await dialer.request(target, { method: "GET", target: "/healthz", headers: {} }, signal);
  const text = await beginningOfBody(body, longestMessage);
  if (status !== 200) throw new Error(text === "" ? `answered with ${status}` : text);
  return text;
}
