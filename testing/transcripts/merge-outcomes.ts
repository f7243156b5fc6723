import type { ExpectedLine, Outcome, VersionRange } from "./transcript.ts";

/** One list of expected lines out of what several versions said; lines that not all of them said carry the range of those that did. */
export function mergeOutcomes(outcomes: ReadonlyMap<number, Outcome>): readonly ExpectedLine[] {
  const minors = [...outcomes.keys()].toSorted((a, b) => a - b);
  const of = (stream: ExpectedLine["stream"], textOf: (outcome: Outcome) => string): readonly ExpectedLine[] =>
    mergeTexts(
      minors,
      minors.map((minor) => textOf(outcomes.get(minor)!)),
    ).map((line) => ({ stream, ...line }));
  return [
    ...of("output", ({ output }) => output),
    ...of("errors", ({ errors }) => errors),
    ...of("exit", ({ exitCode }) => (exitCode === 0 ? "" : String(exitCode))),
  ];
}

interface Group {
  readonly lines: readonly string[];
  readonly from: number;
  readonly to: number;
}

function mergeTexts(
  minors: readonly number[],
  texts: readonly string[],
): readonly { readonly text: string; readonly versions: VersionRange }[] {
  const groups: Group[] = [];
  for (const [index, text] of texts.entries()) {
    const lines = text === "" ? [] : text.split("\n");
    const last = groups.at(-1);
    if (last !== undefined && last.lines.join("\n") === lines.join("\n")) groups[groups.length - 1] = { ...last, to: minors[index]! };
    else groups.push({ lines, from: minors[index]!, to: minors[index]! });
  }
  const rangeOf = (first: number, last: number): VersionRange => ({
    ...(first === 0 ? {} : { from: groups[first]!.from }),
    ...(last === groups.length - 1 ? {} : { to: groups[last + 1]!.from - 1 }),
  });
  return mergeGroups(groups.map(({ lines }) => lines)).map(({ text, first, last }) => ({ text, versions: rangeOf(first, last) }));
}

interface Merged {
  readonly text: string;
  /** The first and the last group that have it. */
  readonly first: number;
  readonly last: number;
}

/** Common lines stay one; each group is laid into what the groups before it made. */
function mergeGroups(groups: readonly (readonly string[])[]): readonly Merged[] {
  let merged: readonly Merged[] = (groups[0] ?? []).map((text) => ({ text, first: 0, last: 0 }));
  for (const [index, lines] of groups.entries()) {
    if (index === 0) continue;
    // Only what the group before had can go on without a gap in its range.
    const before = merged.map(({ text, last }) => (last === index - 1 ? text : undefined));
    const next: Merged[] = [];
    let position = 0;
    for (const [old, line] of commonLines(before, lines)) {
      next.push(...merged.slice(position, old));
      position = old;
      if (line.common) {
        next.push({ ...merged[old]!, last: index });
        position++;
      } else {
        next.push({ text: line.text, first: index, last: index });
      }
    }
    merged = [...next, ...merged.slice(position)];
  }
  return merged;
}

/** For each line, where in `before` it stands, or before which place it belongs: by the longest common subsequence. */
function commonLines(
  before: readonly (string | undefined)[],
  lines: readonly string[],
): readonly (readonly [number, { readonly text: string; readonly common: boolean }])[] {
  const longest = Array.from({ length: before.length + 1 }, () => Array.from({ length: lines.length + 1 }, () => 0));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = lines.length - 1; j >= 0; j--) {
      longest[i]![j] = before[i] === lines[j] ? longest[i + 1]![j + 1]! + 1 : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!);
    }
  }
  const places: (readonly [number, { readonly text: string; readonly common: boolean }])[] = [];
  let i = 0;
  for (let j = 0; j < lines.length;) {
    if (i < before.length && before[i] === lines[j]) {
      places.push([i, { text: lines[j]!, common: true }]);
      i++;
      j++;
    } else if (i < before.length && longest[i + 1]![j]! >= longest[i]![j + 1]!) {
      i++;
    } else {
      places.push([i, { text: lines[j]!, common: false }]);
      j++;
    }
  }
  return places;
}
