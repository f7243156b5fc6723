import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bindingLibrary,
  CelCompileError,
  CelCostError,
  CelEnvironment,
  CelEvaluationError,
  compile,
  dynType,
  intType,
  kubernetesLibraries,
} from "./index.ts";
import { listType, stringType, toCelValue } from "./index.ts";

const environment = new CelEnvironment({
  variables: { x: intType, text: stringType, list: listType(intType), json: dynType },
  libraries: [...kubernetesLibraries, bindingLibrary],
});
const bindings = { x: 3, text: "some text", list: toCelValue([1, 2, 3]), json: toCelValue({ a: { b: [1, "two", null] }, c: 1.5 }) };

const thousand = "lists.range(1000)";

test.each([
  ["a loop in a loop in a loop", `${thousand}.all(a, ${thousand}.all(b, ${thousand}.all(c, a + b + c >= 0)))`],
  ["a list of a thousand million", "lists.range(1000000000).size() > 0"],
  ["a text doubled fifty times", `size(${doubling(50)}) > 0`],
  ["sorting a list of a million", "lists.range(1000000).sort().size() > 0"],
  ["a text matched with itself", `${thousand}.all(i, text.matches(text + text + text))`.replaceAll("text", doubling(12))],
  ["comparing what contains itself many times", nesting(28)],
  ["questions to the authorizer's price", `${thousand}.map(i, '${"x".repeat(1000)}'.split('').join('y')).size() > 0`],
])("%s is stopped by its cost, or soon done", (_, expression) => {
  let end: unknown;
  try {
    end = compile(environment, expression).evaluate(bindings);
  } catch (error) {
    end = error;
  }
  expect(end === true || end === false || end instanceof CelCostError).toBe(true);
});

/** A text twice as long with each of `times` steps. */
function doubling(times: number): string {
  let text = "'x'";
  for (let index = 0; index < times; index++) text = `cel.bind(s${index}, ${text}, s${index} + s${index})`;
  return text;
}

/** Compares two values that are each made of two of the one before. */
function nesting(depth: number): string {
  let list = "[1]";
  for (let index = 0; index < depth; index++) list = `cel.bind(l${index}, ${list}, [dyn(l${index}), dyn(l${index})])`;
  return `${list} == ${list}`;
}

test("expressions that are too long or too deep are refused without being read to the end", () => {
  const refused = [
    "(".repeat(100_000),
    `${"[".repeat(1000)}${"]".repeat(1000)}`,
    Array.from({ length: 1000 }, () => "1").join(" + "),
    `x${".y".repeat(1000)}`,
    "!".repeat(90_000),
    "'".repeat(100_001),
  ].map((expression) => {
    try {
      compile(environment, expression);
      return "accepted";
    } catch (error) {
      return error instanceof CelCompileError ? error.message.split("\n", 1)[0]! : "another error";
    }
  });
  expect(refused).toEqual([
    "ERROR: <input>:-1:0: expression recursion limit exceeded: 250",
    "ERROR: <input>:-1:0: expression recursion limit exceeded: 250",
    "ERROR: <input>:-1:0: expression recursion limit exceeded: 250",
    "ERROR: <input>:-1:0: expression recursion limit exceeded: 250",
    expect.stringContaining("Syntax error"),
    "ERROR: <input>:-1:0: expression code point size exceeds limit: size: 100001, limit 100000",
  ]);
});

const atom = fc.constantFrom(
  "x",
  "text",
  "list",
  "json",
  "json.a",
  "json.a.b[1]",
  "1",
  "0",
  "-1",
  "2u",
  "1.5",
  "'a'",
  "b'b'",
  "true",
  "null",
  "[]",
  "{}",
  "[1, 2]",
  "{'k': 1}",
  "duration('1s')",
  "9223372036854775807",
);
const binary = fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "<", ">=", "in", "&&", "||");
const call = fc.constantFrom(
  "size(#)",
  "string(#)",
  "int(#)",
  "type(#)",
  "dyn(#)",
  "#.all(e, e == #)",
  "#.map(e, [e, #])",
  "#.filter(e, # < e)",
  "has(#.k)",
  "#[#]",
  "#[?#]",
  "#.?k.orValue(#)",
  "# ? # : #",
  "!#",
  "-(#)",
  "#.exists(i, e, i == e)",
  "optional.of(#)",
  "#.matches(#)",
  "#.sort()",
  "#.max()",
  "#.indexOf(#)",
  "'%s'.format([#])",
  "#.replace(#, #)",
  "quantity(#)",
  "ip(#)",
  "timestamp(#).getHours()",
);
const expression: fc.Arbitrary<string> = fc.letrec<{ all: string }>((tie) => ({
  all: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    atom,
    fc.tuple(tie("all"), binary, tie("all")).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc.tuple(call, fc.array(tie("all"), { minLength: 3, maxLength: 3 })).map(([form, parts]) => {
      let next = 0;
      return form.replaceAll("#", () => parts[next++ % parts.length]!);
    }),
  ),
})).all;

test("whatever an expression is, it is refused, has a value, or ends with an error of CEL; and its cost is what it says", () => {
  fc.assert(
    fc.property(expression, fc.string(), (generated, noise) => {
      for (const each of [generated, `dyn(${generated})`, noise, `${generated}${noise}`]) outcome(each);
    }),
    { numRuns: 300 },
  );
});

/** Evaluates with and without a limit: the limit that is the cost suffices, one less does not. */
function outcome(text: string): void {
  let program;
  try {
    program = compile(environment, text);
  } catch (error) {
    if (error instanceof CelCompileError) return;
    throw error;
  }
  let cost: number;
  try {
    ({ cost } = program.evaluateWithCost(bindings));
  } catch (error) {
    if (error instanceof CelEvaluationError || error instanceof CelCostError) return;
    throw error;
  }
  expect(program.evaluateWithCost(bindings, { costLimit: cost }).cost).toBe(cost);
  if (cost > 0) expect(() => program.evaluate(bindings, { costLimit: cost - 1 })).toThrow(CelCostError);
}
