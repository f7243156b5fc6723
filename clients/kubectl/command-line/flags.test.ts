import { expect, test } from "vitest";
import { type Flag, parseCommandLine } from "./flags.ts";

const known: readonly Flag[] = [
  { name: "namespace", short: "n", takes: "text" },
  { name: "output", short: "o", takes: "text" },
  { name: "stdin", short: "i", takes: "nothing" },
  { name: "tty", short: "t", takes: "nothing" },
  { name: "filename", short: "f", takes: "texts" },
  { name: "dry-run", takes: "text", bare: "unchanged" },
  { name: "replicas", takes: "number" },
];

test.each([[["-n", "x"]], [["-n=x"]], [["-nx"]], [["--namespace", "x"]], [["--namespace=x"]]])("%j gives a flag its value", (words) => {
  expect(parseCommandLine(words, known).flags.text("namespace")).toBe("x");
});

test("flags may stand after arguments, short ones together, and what follows -- are arguments", () => {
  const { args, dash, flags } = parseCommandLine(["pod", "-it", "-o=json", "--", "ls", "-n"], known);
  expect({ args, dash, both: [flags.is("stdin"), flags.is("tty")], output: flags.text("output") }).toEqual({
    args: ["pod", "ls", "-n"],
    dash: 1,
    both: [true, true],
    output: "json",
  });
});

test("a flag that may stand alone takes its value only behind an equals sign", () => {
  expect(parseCommandLine(["--dry-run", "client"], known).flags.text("dry-run")).toBe("unchanged");
  expect(parseCommandLine(["--dry-run=client"], known).flags.text("dry-run")).toBe("client");
});

test("several values come from several flags and from commas", () => {
  expect(parseCommandLine(["-f", "a,b", "-f", "c"], known).flags.texts("filename")).toEqual(["a", "b", "c"]);
});

test.each([
  [["--bad"], "unknown flag: --bad"],
  [["-x"], "unknown shorthand flag: 'x' in -x"],
  [["-n"], "flag needs an argument: 'n' in -n"],
  [["--replicas=two"], 'invalid argument "two" for "--replicas" flag: strconv.ParseInt: parsing "two": invalid syntax'],
])("%j is refused in kubectl's words", (words, message) => {
  expect(() => parseCommandLine(words, known)).toThrow(message);
});
