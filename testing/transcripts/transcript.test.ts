import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCommandLine } from "./command-words.ts";
import { mergeOutcomes } from "./merge-outcomes.ts";
import { type CommandStep, expectedOf, parseTranscript, renderTranscript } from "./transcript.ts";
import { withoutChance } from "./volatile.ts";

const text = `# A session.

@file a.yaml
kind: A
@end
$ kubectl get a
NAME   AGE
[-1.29] a      5s
[1.30+] a      6s
\\# no comment
! Warning: a
@exit 1

@advance 5s
[1.31-1.33] $ kubectl get b
`;

const commandsOf = (transcript: string): readonly CommandStep[] =>
  parseTranscript(transcript).steps.filter((step): step is CommandStep => step.type === "command");

test("what is expected depends on the version", () => {
  const [first, second] = commandsOf(text);
  expect(expectedOf(first!, 29)).toEqual({ exitCode: 1, output: "NAME   AGE\na      5s\n# no comment", errors: "Warning: a" });
  expect(expectedOf(first!, 30).output).toBe("NAME   AGE\na      6s\n# no comment");
  expect(second).toMatchObject({ text: "kubectl get b", versions: { from: 31, to: 33 }, expected: [] });
});

test("every transcript is written as it is read, and there are at least 300 commands", () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".txt"));
  const texts = files.map((name) => readFileSync(join(import.meta.dirname, name), "utf8"));
  expect(texts.map((each) => renderTranscript(parseTranscript(each)))).toEqual(texts);
  expect(texts.flatMap(commandsOf).length).toBeGreaterThanOrEqual(300);
});

test("a line that is no comment, no command and no directive is refused with its place", () => {
  expect(() => parseTranscript("kubectl get pods\n")).toThrow('Cannot read line 1 of the transcript, "kubectl get pods"');
  expect(() => parseTranscript("@file a\n")).toThrow("no @end follows");
});

test("what versions say becomes one list, with ranges where they differ", () => {
  const outcome = (output: string, exitCode = 0) => ({ exitCode, output, errors: "" });
  const merged = mergeOutcomes(
    new Map([
      [27, outcome("a\nold\nz")],
      [28, outcome("a\nold\nz")],
      [30, outcome("a\nnew\nz")],
      [33, outcome("a\nnew\nmore\nz", 1)],
    ]),
  );
  expect(merged).toEqual([
    { stream: "output", text: "a", versions: {} },
    { stream: "output", text: "old", versions: { to: 29 } },
    { stream: "output", text: "new", versions: { from: 30 } },
    { stream: "output", text: "more", versions: { from: 33 } },
    { stream: "output", text: "z", versions: {} },
    { stream: "exit", text: "1", versions: { from: 33 } },
  ]);
});

test("a command line is words, what is set before them, and what it reads", () => {
  expect(readCommandLine(`KUBE_EDITOR='sed -i s/a/b/' kubectl patch x -p '{"a":1}' --to="a \\"b\\"" < in.yaml`)).toEqual({
    environment: { KUBE_EDITOR: "sed -i s/a/b/" },
    words: ["kubectl", "patch", "x", "-p", '{"a":1}', '--to=a "b"'],
    input: "in.yaml",
  });
});

test("what chance and the clock gave is taken away, and the rest stays", () => {
  const began = Date.UTC(2030, 4, 5, 6, 7, 8);
  const volatile = { server: "https://127.0.0.1:4321", folder: "/tmp/x", began, now: began + 30 * 86_400_000 };
  const said = [
    "web-5d4f8c7b9-x2k4p   1/1   Running   at https://127.0.0.1:4321/api",
    'creationTimestamp: "2030-05-05T06:07:13Z" resourceVersion: "17"',
    "restartedAt: 2030-06-04T06:07:09Z, not 2000-01-01T00:00:00Z",
    "Start Time: Sun, 05 May 2030 06:07:08 +0000",
  ];
  expect(withoutChance(said.join("\n"), volatile).split("\n")).toEqual([
    "web-5d4f8c7b9-xxxxx   1/1   Running   at https://SERVER/api",
    'creationTimestamp: "2026-01-01T00:00:05Z" resourceVersion: "REVISION"',
    "restartedAt: NOW, not 2000-01-01T00:00:00Z",
    "Start Time: Thu, 01 Jan 2026 00:00:00 +0000",
  ]);
});
