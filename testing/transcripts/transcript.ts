/**
 * A transcript is a text that a person reads as a session at a terminal, and that a test plays:
 *
 *     # Says what comes.
 *     @file web.yaml
 *     apiVersion: v1
 *     …
 *     @end
 *     @advance 5s
 *     $ kubectl get pods
 *     NAME   READY   STATUS    RESTARTS   AGE
 *     web    1/1     Running   0          5s
 *
 *     $ kubectl get pod missing
 *     ! Error from server (NotFound): pods "missing" not found
 *     @exit 1
 *
 * `! ` begins a line of standard error. What is expected of a command reaches to the next `$`, `#` or `@`; a `\` before such a character at
 * the beginning of a line of output takes its meaning away. `[1.30+]`, `[-1.29]` or `[1.28-1.30]` before a line, a command as well, keeps
 * the line for those versions of kubectl. `@any order` says that the lines of a command's output come in no particular order, and stand
 * sorted.
 */
export interface Transcript {
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly type: "comment"; readonly text: string }
  | { readonly type: "cluster"; readonly nodes: number }
  | { readonly type: "file"; readonly name: string; readonly text: string }
  | { readonly type: "advance"; readonly duration: string }
  | CommandStep;

export interface CommandStep {
  readonly type: "command";
  /** Everything behind the `$`. */
  readonly text: string;
  readonly versions: VersionRange;
  readonly expected: readonly ExpectedLine[];
  readonly anyOrder: boolean;
  /** The line of the file that the command stands on. */
  readonly line: number;
}

export interface ExpectedLine {
  readonly stream: "output" | "errors" | "exit";
  readonly text: string;
  readonly versions: VersionRange;
}

/** Minor versions of kubectl 1.x, both included; absent ends are open. */
export interface VersionRange {
  readonly from?: number;
  readonly to?: number;
}

export interface Outcome {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

export const everyVersion: VersionRange = {};

export function includes({ from = 0, to = Infinity }: VersionRange, minor: number): boolean {
  return minor >= from && minor <= to;
}

/** Throws what is wrong, with the line, for a text that is no transcript. */
export function parseTranscript(text: string): Transcript {
  const steps: Step[] = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length;) {
    const line = lines[index]!;
    const refuse = (why: string): Error => new Error(`Cannot read line ${index + 1} of the transcript, "${line}": ${why}`);
    const { versions, rest } = readRange(line);
    if (rest.startsWith("$ ")) {
      const { next, ...expectation } = readExpected(lines, index + 1);
      steps.push({ type: "command", text: rest.slice(2), versions, ...expectation, line: index + 1 });
      index = next;
    } else if (line.startsWith("@file ")) {
      const end = lines.indexOf("@end", index);
      if (end < 0) throw refuse("no @end follows");
      steps.push({ type: "file", name: line.slice(6), text: `${lines.slice(index + 1, end).join("\n")}\n` });
      index = end + 1;
    } else if (line.startsWith("@advance ")) {
      steps.push({ type: "advance", duration: line.slice(9) });
      index++;
    } else if (/^@cluster nodes=\d+$/.test(line)) {
      steps.push({ type: "cluster", nodes: Number(line.slice("@cluster nodes=".length)) });
      index++;
    } else if (line === "" || line.startsWith("#")) {
      steps.push({ type: "comment", text: line });
      index++;
    } else {
      throw refuse("expected a comment, a command or a directive");
    }
  }
  return { steps };
}

function readExpected(
  lines: readonly string[],
  start: number,
): { readonly expected: readonly ExpectedLine[]; readonly anyOrder: boolean; readonly next: number } {
  const expected: ExpectedLine[] = [];
  let anyOrder = false;
  let index = start;
  for (; index < lines.length; index++) {
    const { versions, rest } = readRange(lines[index]!);
    if (rest.startsWith("@exit ")) expected.push({ stream: "exit", text: rest.slice(6), versions });
    else if (rest === "@any order") anyOrder = true;
    else if (/^(\$ |#|@)/.test(rest)) break;
    else if (rest === "!" || rest.startsWith("! ")) expected.push({ stream: "errors", text: rest.slice(2), versions });
    else expected.push({ stream: "output", text: rest.replace(/^\\/, ""), versions });
  }
  while (expected.at(-1)?.stream === "output" && expected.at(-1)!.text === "") expected.pop();
  return { expected, anyOrder, next: index };
}

function readRange(line: string): { readonly versions: VersionRange; readonly rest: string } {
  const found = /^\[(?:1\.(\d+))?(?:(\+)|-(?:1\.(\d+))?)?\] ?/.exec(line);
  const [whole, from, plus, to] = found ?? [];
  if (whole === undefined || (from === undefined && to === undefined)) return { versions: everyVersion, rest: line };
  const last = plus === undefined ? (to ?? from) : undefined;
  return {
    versions: { ...(from === undefined ? {} : { from: Number(from) }), ...(last === undefined ? {} : { to: Number(last) }) },
    rest: line.slice(whole.length),
  };
}

/** What a version of kubectl is expected to say. */
export function expectedOf({ expected }: CommandStep, minor: number): Outcome {
  const linesOf = (stream: ExpectedLine["stream"]): string =>
    expected
      .filter((line) => line.stream === stream && includes(line.versions, minor))
      .map(({ text }) => text)
      .join("\n");
  return { exitCode: Number(linesOf("exit")), output: linesOf("output"), errors: linesOf("errors") };
}

export function renderTranscript({ steps }: Transcript): string {
  return steps
    .map((step) => renderStep(step))
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .replace(/\n*$/, "\n");
}

function renderStep(step: Step): string {
  switch (step.type) {
    case "comment":
      return step.text;
    case "cluster":
      return `@cluster nodes=${step.nodes}`;
    case "file":
      return `@file ${step.name}\n${step.text}@end`;
    case "advance":
      return `@advance ${step.duration}`;
    case "command":
      return [
        `${renderRange(step.versions)}$ ${step.text}`,
        ...(step.anyOrder ? ["@any order"] : []),
        ...step.expected.map((line) => renderLine(line)),
        "",
      ].join("\n");
  }
}

function renderLine({ stream, text, versions }: ExpectedLine): string {
  const range = renderRange(versions);
  switch (stream) {
    case "exit":
      return `${range}@exit ${text}`;
    case "errors":
      return text === "" ? `${range}!` : `${range}! ${text}`;
    case "output":
      return `${range}${/^(\$ |#|@|!|\\|\[-?1\.)/.test(text) ? "\\" : ""}${text}`;
  }
}

function renderRange({ from, to }: VersionRange): string {
  if (from === undefined) return to === undefined ? "" : `[-1.${to}] `;
  if (to === undefined) return `[1.${from}+] `;
  return from === to ? `[1.${from}] ` : `[1.${from}-1.${to}] `;
}
