import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Instant } from "@kubets/machinery";
import { createSystemClock } from "@kubets/machinery/node";
import { programsByImage } from "@kubets/simulated";
import { startCluster } from "@kubets/testkit";
import { readCommandLine } from "./command-words.ts";
import type { Kubectl } from "./kubectls.ts";
import { type CommandStep, includes, type Outcome, type Transcript } from "./transcript.ts";
import { withoutChance } from "./volatile.ts";

/** What images do in the clusters of transcripts; all others run until they are stopped. */
const programs = programsByImage({
  "done:1": { runFor: 0, logs: [{ at: 0, text: "all done" }] },
  "failing:1": { runFor: 0, exitCode: 1 },
  "missing:1": { pullError: 'failed to resolve reference "missing:1": not found' },
  "unready:1": { ready: false },
  "talking:1": { logs: [1, 2, 3].map((second) => ({ at: second * 1000, text: `line ${second}` })) },
});

/** A range whose addresses are all equally long, so that tables look the same whichever one is drawn. */
const server = { serviceRanges: ["10.96.0.128/25"] };

/** A month: whoever computes an age with the machine's clock finds 30 days, however long the transcript takes. */
const monthAgo = 30 * 86_400_000;

export interface PlayedCommand {
  readonly step: CommandStep;
  readonly outcome: Outcome;
}

/**
 * Plays a transcript by one kubectl in a cluster of its own, whose clock moves only where the transcript says so. The cluster is at rest
 * between any two commands. Commands that are not for the kubectl's version, or that `only` leaves out, are not run.
 */
export async function play(transcript: Transcript, kubectl: Kubectl, seen: (played: PlayedCommand) => void): Promise<void> {
  const systemClock = createSystemClock();
  const began = (Math.floor(systemClock.now() / 1000) * 1000 - monthAgo) as Instant;
  const nodes = transcript.steps.find((step) => step.type === "cluster")?.nodes ?? 1;
  const folder = await mkdtemp(join(tmpdir(), "kubets-transcript-"));
  await using cluster = await startCluster({ nodes, startTime: began, seed: 1, programs: [programs], server });
  try {
    await writeFile(join(folder, "kubeconfig"), await cluster.kubeconfig);
    const url = await cluster.url;
    for (const step of transcript.steps) {
      if (step.type === "file") {
        await mkdir(dirname(join(folder, step.name)), { recursive: true });
        await writeFile(join(folder, step.name), step.text);
      } else if (step.type === "advance") {
        await cluster.clock.advance(step.duration);
        await cluster.settle({ quiet: 0 });
      } else if (step.type === "command" && includes(step.versions, kubectl.minor)) {
        const said = await kubectl.run(readCommandLine(step.text), folder);
        const volatile = { server: url, folder, began, now: systemClock.now() };
        const told = (text: string): string => ordered(step, withoutChance(text, volatile).replace(/\n+$/, ""));
        seen({ step, outcome: { exitCode: said.exitCode, output: told(said.output), errors: told(said.errors) } });
        await cluster.settle({ quiet: 0 });
      }
    }
    if (cluster.failures.length > 0) throw new Error(`The cluster failed meanwhile: ${JSON.stringify(cluster.failures)}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Go goes through a map in whichever order: lines, and what one line lists. */
function ordered({ anyOrder }: CommandStep, text: string): string {
  if (!anyOrder) return text;
  const sorted = (list: string, separator: string): string => list.split(separator).toSorted().join(separator);
  const lines = text
    .split("\n")
    .map((line) =>
      line.replace(/\[(.+)\]/, (_, list: string) => `[${sorted(list, ", ")}]`).replace(/(?<=^Warning: ).+/, (list) => sorted(list, "; ")),
    );
  return lines.toSorted().join("\n");
}
