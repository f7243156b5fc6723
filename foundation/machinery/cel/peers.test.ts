import { isCelError, isCelList, run } from "@bufbuild/cel";
import { Environment } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  CelArray,
  CelDouble,
  CelEnvironment,
  CelEvaluationError,
  CelList,
  CelUint,
  compile,
  intType,
  listType,
  stringType,
  type CelValue,
} from "./index.ts";

// Expressions of known types, so that every engine accepts them; what they come to may still be an error.

const environment = new CelEnvironment({ variables: { a: intType, b: intType, s: stringType, l: listType(intType) } });
const values = { a: 7, b: -3, s: "héllo", l: [3, 1, 2] };
const exact = { a: 7n, b: -3n, s: "héllo", l: [3n, 1n, 2n] };

interface Typed {
  readonly int: string;
  readonly bool: string;
  readonly string: string;
  readonly list: string;
}

type Text = fc.Arbitrary<string>;

const { int, bool, string, list } = fc.letrec<Typed>((tie) => {
  const [int, bool, string, list] = [tie("int"), tie("bool"), tie("string"), tie("list")] as [Text, Text, Text, Text];
  const form = (shape: string, ...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
    fc.tuple(...parts).map((made) => made.reduce((text, part) => text.replace("#", () => part), shape));
  return {
    int: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("a", "b", "0", "1", "-5", "9223372036854775807", "4611686018427387904"),
      form("(# + #)", int, int),
      form("(# - #)", int, int),
      form("(# * #)", int, int),
      form("(# / #)", int, int),
      form("(# % #)", int, int),
      form("size(#)", string),
      form("#.size()", list),
      form("#[#]", list, int),
      form("(# ? # : #)", bool, int, int),
    ),
    bool: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("true", "false"),
      form("(# && #)", bool, bool),
      form("(# || #)", bool, bool),
      form("!#", bool),
      form("(# < #)", int, int),
      form("(# == #)", int, int),
      form("(# >= #)", string, string),
      form("(# == #)", list, list),
      form("(# in #)", int, list),
      form("#.startsWith(#)", string, string),
      form("#.contains(#)", string, string),
      form("#.all(e, e < #)", list, int),
      form("#.exists(e, # / e > 1)", list, int),
      form("#.exists_one(e, e == #)", list, int),
    ),
    string: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("s", "''", "'a'", "'é👑'"),
      form("(# + #)", string, string),
      form("string(#)", int),
      form("(# ? # : #)", bool, string, string),
    ),
    list: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("l", "[1, 2]"),
      form("(# + #)", list, list),
      form("[#, #]", int, int),
      form("#.map(e, e * #)", list, int),
      form("#.filter(e, e > #)", list, int),
    ),
  };
});

const failed = "an error";

function ours(expression: string): unknown {
  try {
    const bound = { ...values, l: new CelArray([...values.l]) };
    return plain(compile(environment, expression).evaluate(bound, { costLimit: Infinity }));
  } catch (error) {
    if (error instanceof CelEvaluationError) return failed;
    throw error;
  }
}

function plain(value: CelValue): unknown {
  if (typeof value === "number") return BigInt(value);
  if (value instanceof CelList) return [...value].map(plain);
  return value instanceof CelUint || value instanceof CelDouble ? value.value : value;
}

function bufbuild(expression: string): unknown {
  const result = run(expression, exact);
  if (isCelError(result)) return failed;
  return isCelList(result) ? [...result] : result;
}

const peer = new Environment()
  .registerVariable("a", "int")
  .registerVariable("b", "int")
  .registerVariable("s", "string")
  .registerVariable("l", "list<int>");

function marcbachmann(expression: string): unknown {
  try {
    return peer.evaluate(expression, exact) as unknown;
  } catch {
    return failed;
  }
}

test("generated expressions come to the same as in two other engines", () => {
  fc.assert(
    fc.property(fc.oneof(int, bool, string, list), (expression) => {
      expect(ours(expression), expression).toEqual(bufbuild(expression));
      // The other peer doesn't check ints for overflow.
      if (!/[0-9]{10}/.test(expression)) expect(ours(expression), expression).toEqual(marcbachmann(expression));
    }),
    { numRuns: 500 },
  );
});
