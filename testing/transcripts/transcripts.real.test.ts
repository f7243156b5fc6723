import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { installedKubectls, type Kubectl } from "./kubectls.ts";
import { play } from "./play.ts";
import { expectedOf, type Outcome, parseTranscript } from "./transcript.ts";

// The oldest and the newest kubectl tell most of what there is to tell; KUBETS_KUBECTLS=all asks every one.
const installed = await installedKubectls();
const kubectls =
  process.env["KUBETS_KUBECTLS"] === "all" ? installed : installed.filter((_, at) => at === 0 || at === installed.length - 1);
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".txt"));
const plays = kubectls.flatMap((kubectl) => files.map((file) => ({ kubectl, file })));
const played = new Map<Kubectl, number>();

afterAll(() => {
  const said = kubectls.map((kubectl) => `${kubectl.name} ${played.get(kubectl) ?? 0} commands`);
  const others = installed.length - kubectls.length;
  console.info(
    said.length === 0
      ? "Transcripts did not run: there is no kubectl on this machine"
      : `Transcripts by ${said.join(", ")}${others > 0 ? `; ${others} more kubectls with KUBETS_KUBECTLS=all` : ""}`,
  );
});

describe.skipIf(kubectls.length === 0)("what a real kubectl says", () => {
  // Several at a time: while one waits for its kubectl, the other's server answers.
  describe.concurrent("is what stands in the transcript", { timeout: 120_000 }, () => {
    for (const { kubectl, file } of plays) {
      test(`${file} by ${kubectl.name}`, async () => {
        const transcript = parseTranscript(readFileSync(join(import.meta.dirname, file), "utf8"));
        const differences: string[] = [];
        await play(transcript, kubectl, ({ step, outcome }) => {
          played.set(kubectl, (played.get(kubectl) ?? 0) + 1);
          const difference = differenceOf(expectedOf(step, kubectl.minor), outcome);
          if (difference !== "") differences.push(`${file}:${step.line}: $ ${step.text}\n${difference}`);
        });
        expect(differences.join("\n\n")).toBe("");
      });
    }
  });
});

/** The lines that are in one of them only. */
function differenceOf(expected: Outcome, found: Outcome): string {
  const linesOf = ({ output, errors, exitCode }: Outcome): readonly string[] => [
    ...output.split("\n"),
    ...errors.split("\n").map((line) => `! ${line}`),
    `@exit ${exitCode}`,
  ];
  const [before, after] = [linesOf(expected), linesOf(found)];
  if (before.join("\n") === after.join("\n")) return "";
  const only = (lines: readonly string[], others: readonly string[]): readonly string[] => lines.filter((line) => !others.includes(line));
  const told = [...only(before, after).map((line) => `- ${line}`), ...only(after, before).map((line) => `+ ${line}`)];
  return told.length === 0 ? "the same lines in another order" : told.join("\n");
}
