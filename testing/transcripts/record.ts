/**
 * Writes into transcripts what real kubectls say now: `node --conditions=source testing/transcripts/record.ts FILE…`. By the oldest and the
 * newest one that are there, or by all with `KUBETS_KUBECTLS=all`. What it wrote has to be read against what Kubernetes says.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { installedKubectls } from "./kubectls.ts";
import { mergeOutcomes } from "./merge-outcomes.ts";
import { play } from "./play.ts";
import { type CommandStep, parseTranscript, renderTranscript, type Outcome } from "./transcript.ts";

const all = await installedKubectls();
const kubectls = process.env["KUBETS_KUBECTLS"] === "all" ? all : all.filter((_, index) => index === 0 || index === all.length - 1);
for (const path of process.argv.slice(2)) {
  const transcript = parseTranscript(readFileSync(path, "utf8"));
  const outcomes = new Map<CommandStep, Map<number, Outcome>>();
  await Promise.all(
    kubectls.map((kubectl) =>
      play(transcript, kubectl, ({ step, outcome }) => {
        outcomes.set(step, (outcomes.get(step) ?? new Map<number, Outcome>()).set(kubectl.minor, outcome));
      }),
    ),
  );
  const steps = transcript.steps.map((step) =>
    step.type === "command" && outcomes.has(step) ? { ...step, expected: mergeOutcomes(outcomes.get(step)!) } : step,
  );
  writeFileSync(path, renderTranscript({ steps }));
}
