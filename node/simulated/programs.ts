import { type Container, isSidecar, type Pod } from "@kubets/api";
import { parseQuantity, type Quantity } from "@kubets/machinery";

/** What a simulated container does in place of its image. Times are milliseconds; all of it is optional. */
export interface Program {
  /** How long its image takes to arrive; 0 when absent. */
  readonly pull?: number;
  /** The image can't be had, and this is why: the container waits with `ImagePullBackOff`. */
  readonly pullError?: string;
  /** From the image being there to the start; 0 when absent. */
  readonly startDelay?: number;
  /** When it exits by itself. Absent: it runs until it is stopped. */
  readonly runFor?: number;
  /** With which it exits by itself; 0 when absent. */
  readonly exitCode?: number;
  /** Such as `OOMKilled`; `Completed` or `Error`, by the exit code, when absent. */
  readonly exitReason?: string;
  /** What it leaves in its termination message. */
  readonly exitMessage?: string;
  /**
   * Whether its readiness probe succeeds, from how long after the start on, or a function that is asked at every probe. A container without
   * a readiness probe is ready from its start, as the API has it.
   */
  readonly ready?: ProbeAnswer;
  /** The same for its startup probe. */
  readonly started?: ProbeAnswer;
  /** Whether its liveness probe succeeds, for how long after the start, or a function that is asked at every probe. */
  readonly live?: ProbeAnswer;
  /** How long it takes to end when it is told to; beyond the grace period it is killed. 0 when absent. */
  readonly stopsWithin?: number;
  /** With which it exits when it is told to end; 0 when absent. */
  readonly stopExitCode?: number;
  /** What it has written, one entry a line, from its start on. */
  readonly logs?: readonly LogLine[];
  /** Answers what is asked of its ports, through proxies, port-forwarding and webhooks; without it, nobody listens. */
  readonly http?: (request: ContainerRequest) => ContainerAnswer | Promise<ContainerAnswer>;
  /** Speaks whatever it wants on the connections that port-forwarding leads to its ports, each until the function is done; before `http`. */
  readonly tcp?: (connection: ContainerConnection) => void | Promise<void>;
  /** Runs the commands of `kubectl exec`. */
  readonly exec?: (command: ContainerCommand) => CommandResult | Promise<CommandResult>;
  /**
   * What it uses, always or after so many milliseconds; nothing when absent. Metrics tell of it. Looked at every ten seconds: whoever uses more
   * memory than its limit is killed, more storage than its limit evicted, and so is somebody when all together leave too little of a node.
   */
  readonly usage?: ResourceUsage | ((running: number) => ResourceUsage);
}

/** A function gets how many milliseconds the container has been running. */
export type ProbeAnswer = boolean | number | ((running: number) => boolean);

/** A request to a container. */
export interface ContainerRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly port: number;
  readonly isTls: boolean;
  readonly pod: Pod;
}

/** A connection to one of a container's ports. */
export interface ContainerConnection {
  readonly port: number;
  readonly pod: Pod;
  /** What the other end says, until it has said all. */
  readonly readable: AsyncIterable<Uint8Array>;
  /** Text or bytes. Resolves when they are on their way. */
  write(bytes: Uint8Array | string): Promise<void>;
}

export interface ContainerAnswer {
  /** 200 when absent. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes as they are; anything else as JSON. */
  readonly body?: unknown;
}

/** A command that is run in a container. */
export interface ContainerCommand {
  readonly command: readonly string[];
  readonly pod: Pod;
  /** All of its input, once that has ended; empty when none is attached. */
  stdin(): Promise<string>;
}

export interface CommandResult {
  readonly stdout?: string;
  readonly stderr?: string;
  /** 0 when absent. */
  readonly exitCode?: number;
}

export interface ResourceUsage {
  /** Such as `250m`. */
  readonly cpu?: Quantity;
  /** Such as `64Mi`. */
  readonly memory?: Quantity;
  /** Of the node's disk, for its logs and whatever it writes. */
  readonly ephemeralStorage?: Quantity;
}

export interface LogLine {
  /** Milliseconds after the container's start. */
  readonly at: number;
  readonly text: string;
  readonly stream?: "stdout" | "stderr";
}

/** Which container, of which Pod, and how often it has been restarted before. */
export interface ProgramContext {
  readonly container: Container;
  readonly pod: Pod;
  readonly restarts: number;
}

/** Says what a container does; `undefined` leaves it to the next rule. It is asked at every start and has to be a function of its context. */
export type ProgramRule = (context: ProgramContext) => Program | undefined;

/**
 * A rule by image.
 *
 * @example
 * programsByImage({ "migrate:1": { runFor: 2_000 }, "broken:1": { runFor: 100, exitCode: 1 } });
 */
export function programsByImage(programs: Readonly<Record<string, Program>>): ProgramRule {
  return ({ container }) => (Object.hasOwn(programs, container.image ?? "") ? programs[container.image!] : undefined);
}

/** A rule that threw: names the image and the container that it was asked about. */
export class ProgramError extends Error {
  constructor({ container, pod }: ProgramContext, cause: unknown) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    const { namespace, name } = pod.metadata;
    super(`The program of image "${container.image}" failed for the container ${container.name} of Pod ${namespace}/${name}: ${problem}`, {
      cause,
    });
    this.name = "ProgramError";
  }
}

/** What a function of a container's program answers. Throws a {@link ProgramError} when it throws. */
export function answerOfProgram<Answer>(context: ProgramContext, ask: () => Answer): Answer {
  try {
    return ask();
  } catch (cause) {
    throw new ProgramError(context, cause);
  }
}

/** What a container uses that has been running for so many milliseconds. Throws a {@link ProgramError} for what is no quantity, too. */
export function usageOf({ usage }: Program, context: ProgramContext, running: number): ResourceUsage {
  return answerOfProgram(context, () => {
    const used = (typeof usage === "function" ? usage(running) : usage) ?? {};
    for (const quantity of [used.cpu, used.memory, used.ephemeralStorage]) if (quantity !== undefined) parseQuantity(quantity);
    return used;
  });
}

/** What the first rule that knows a container says; otherwise init containers are done at once and all others run. */
export function programOf(rules: readonly ProgramRule[], context: ProgramContext): Program {
  const { container, pod } = context;
  for (const rule of rules) {
    const program = answerOfProgram(context, () => rule(context));
    if (program !== undefined) return program;
  }
  const runsToItsEnd = pod.spec.initContainers?.some(({ name }) => name === container.name) === true && !isSidecar(container);
  return runsToItsEnd ? { runFor: 0 } : {};
}
