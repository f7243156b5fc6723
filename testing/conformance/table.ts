/** Writes `docs/conformance.md`: which of the conformance behaviours this tree shows, found by their ids in the names of tests. */
import { readFileSync, writeFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Behaviour {
  readonly id: string;
  readonly area: string;
  readonly name: string;
  readonly needs: string;
}

interface Shown {
  readonly id: string;
  /** What the test says of it. */
  readonly sentence: string;
  /** Relative to this folder. */
  readonly file: string;
}

export const tablePath: string = join(import.meta.dirname, "../../docs/conformance.md");

export function knownBehaviours(): readonly Behaviour[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, "behaviours.json"), "utf8")) as readonly Behaviour[];
}

/** Every test of this folder whose name begins with an id. */
export async function shownBehaviours(): Promise<readonly Shown[]> {
  const shown: Shown[] = [];
  for await (const file of glob("**/*.test.ts", { cwd: import.meta.dirname })) {
    const text = readFileSync(join(import.meta.dirname, file), "utf8");
    for (const [, id = "", sentence = ""] of text.matchAll(/^test\("([A-Z]{2}-\d{3}) (.+?)",/gm)) {
      shown.push({ id, sentence, file: file.replaceAll("\\", "/") });
    }
  }
  return shown.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

export function renderTable(behaviours: readonly Behaviour[], shown: readonly Shown[]): string {
  const byId = new Map(shown.map((each) => [each.id, each]));
  const areas = [...new Set(behaviours.map(({ area }) => area))];
  const inArea = (area: string): readonly Behaviour[] => behaviours.filter((each) => each.area === area);
  const count = (list: readonly Behaviour[]): number => list.filter(({ id }) => byId.has(id)).length;
  const overview = areas.map((area) => `| [${area}](#${area}) | ${count(inArea(area))} | ${inArea(area).length} |`);
  const sections = areas.flatMap((area) => {
    const rows = inArea(area).flatMap(({ id, name }) => {
      const test = byId.get(id);
      return test === undefined
        ? []
        : [`| ${id} | ${cell(test.sentence)} | ${cell(name)} | [${test.file}](../testing/conformance/${test.file}) |`];
    });
    const table = ["| id | shown | upstream's test | by |", "|---|---|---|---|", ...rows];
    return ["", `## ${area}`, "", ...(rows.length === 0 ? ["None yet."] : table)];
  });
  return [
    "# Conformance",
    "",
    `${count(behaviours)} of the ${behaviours.length} behaviours of Kubernetes v1.36 conformance are shown by tests of this tree. The tests say in`,
    "our words what must hold; upstream's tests, whose names stand beside them, are the authority. They use only the client, and run over a",
    "cluster in one process with simulated nodes; those that look into containers (`*.real.test.ts`) over real ones.",
    "",
    "`node --conditions=source testing/conformance/table.ts` writes this page; a test holds it to the tree.",
    "",
    "| area | shown | all |",
    "|---|---|---|",
    ...overview,
    `| **all** | **${count(behaviours)}** | **${behaviours.length}** |`,
    ...sections,
    "",
  ].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(tablePath, renderTable(knownBehaviours(), await shownBehaviours()));
