import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findKubectl, patchLocally } from "./node/kubectl-under-test.ts";
import { formatYaml } from "./yaml-format.ts";
import { parseYaml, parseYamlDocuments } from "./yaml.ts";

const kubectl = findKubectl();

const valueOf = (text: string): unknown => parseYaml(text).value;
const problemOf = (text: string): string => {
  try {
    parseYaml(text);
    return "none";
  } catch (error) {
    return (error as Error).message;
  }
};

const scalars: readonly (readonly [text: string, value: unknown])[] = [
  ["y", true],
  ["Yes", true],
  ["on", true],
  ["tRUE", "tRUE"],
  ["n", false],
  ["OFF", false],
  ["~", null],
  ["", null],
  ["NULL", null],
  ["0777", 511],
  ["0o17", 15],
  ["08", 8],
  ["0x1F", 31],
  ["-0x10", -16],
  ["0b11", 3],
  ["1_000", 1000],
  ["+1", 1],
  ["1e3", 1000],
  ["12e03", 12000],
  [".5", 0.5],
  ["5.", 5],
  ["-.5", -0.5],
  ["0.1.2", "0.1.2"],
  ["1e", "1e"],
  ["1:30", "1:30"],
  ["2026-01-01", "2026-01-01"],
  ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
  ["v1", "v1"],
  ["1.2.3", "1.2.3"],
  ['"true"', "true"],
  ["'12'", "12"],
  ["!!str 12", "12"],
  ['!!int "12"', 12],
  ["!!float 1", 1],
  ["!custom 12", "12"],
  ["!!binary aGk=", "hi"],
];

test.each([
  ["on", "on"],
  ["y", "y"],
  ["True", true],
  ["0777", 511],
  ["2001-01-01", "2001-01-01T00:00:00Z"],
  ["2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"],
  ["2001-12-14 1:2:3", "2001-12-14T01:02:03Z"],
  ["2001-12-14 1:2:3Z", "2001-12-14 1:2:3Z"],
  ["2001-02-29", "2001-02-29"],
])("%s is read as tools read it that work on nodes", (text, value) => {
  expect(parseYaml(`key: ${text}\n`, { dialect: "yaml.v3" }).value).toEqual({ key: value });
});

test.each([
  ["a: |\n  x", "x"],
  ["a: |+\n  x", "x"],
  ["a: >\n  x\n  y", "x y"],
  ["a: |\n  x\n", "x\n"],
  ["a: |\n  x\n  ", "x\n"],
  ["a: |-\n  x", "x"],
])("%j has the line breaks that are written", (text, value) => {
  expect(parseYaml(text).value).toEqual({ a: value });
});

test("what isn't written as JSON writes it can be kept with its text", () => {
  const keep = (value: unknown, text: string): unknown => ({ value, text });
  const text = "a: 1.10\nb: ~\nc:\nd: True\ne: [0x10, 16, null, true]\nTrue: x\n";
  expect(parseYaml(text, { keep }).value).toEqual({
    a: { value: 1.1, text: "1.10" },
    b: { value: null, text: "~" },
    c: { value: null, text: "" },
    d: { value: true, text: "True" },
    e: [{ value: 16, text: "0x10" }, 16, null, true],
    true: "x",
  });
});

describe("YAML is read as Go reads it", () => {
  test.each(scalars)("%s", (text, value) => {
    expect(valueOf(`key: ${text}\n`)).toEqual({ key: value });
  });

  test.skipIf(kubectl === undefined)("as a real kubectl on this machine agrees", () => {
    const fields = scalars.map(([text], index) => `  k${index}: ${text}\n`).join("");
    const manifest = `apiVersion: example.com/v1\nkind: Peer\nmetadata:\n  name: x\nfields:\n${fields}`;
    const { output } = patchLocally(kubectl!, manifest, { type: "merge", patch: { metadata: { labels: { a: "b" } } }, output: "json" });
    // A merge patch leaves out what is null.
    const expected = Object.fromEntries(scalars.map(([, value], index) => [`k${index}`, value]));
    expect((JSON.parse(output) as { readonly fields: unknown }).fields).toEqual(expected);
  });

  test("keys become texts, as JSON wants", () => {
    expect(valueOf("1: a\ntrue: b\n1.5: c\n")).toEqual({ 1: "a", true: "b", 1.5: "c" });
    expect(problemOf("? [a]\n: b")).toContain("unsupported map key");
    expect(Object.keys(valueOf('{"__proto__": 1}') as object)).toEqual(["__proto__"]);
  });

  test("anchors, aliases and merges work", () => {
    expect(valueOf("base: &base {a: 1, b: 2}\nuse: {<<: *base, b: 3}\nlist: [*base]\n")).toEqual({
      base: { a: 1, b: 2 },
      use: { a: 1, b: 3 },
      list: [{ a: 1, b: 2 }],
    });
    expect(valueOf("x: &x {a: 1}\ny: &y {a: 2, b: 2}\nuse: {<<: [*x, *y]}\n")).toMatchObject({ use: { a: 1, b: 2 } });
    expect(problemOf("use: {<<: 1}")).toContain("map merge requires map or sequence of maps as the value");
  });

  test("several documents are read, empty ones left out", () => {
    expect(parseYamlDocuments("---\na: 1\n---\n---\n# nothing\n---\nb: 2\n...\n").map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }]);
    expect(valueOf("a: 1\n---\nb: 2\n")).toEqual({ a: 1 });
    expect(valueOf("")).toBeNull();
    expect(valueOf(new TextDecoder().decode(Uint8Array.of(0x61, 0x3a, 0x20, 0x31)))).toEqual({ a: 1 });
  });

  test("JSON is YAML", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify({ value });
        expect(valueOf(text)).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe("YAML that must not be taken", () => {
  test("keys that are there more than once are named with their lines; the last counts", () => {
    expect(parseYaml("a: 1\na: 2\nb:\n  c: 1\n  c: 2\n")).toEqual({
      value: { a: 2, b: { c: 2 } },
      duplicates: [
        'error converting YAML to JSON: yaml: unmarshal errors:\n  line 2: key "a" already set in map\n  line 5: key "c" already set in map',
      ],
    });
    expect(parseYaml("x: &x {a: 1}\ny: {<<: *x, a: 2}").duplicates).toEqual([]);
  });

  test("a bomb of aliases is refused before it goes off", () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    const bomb = names.map(
      (name, index) =>
        `${name}: &${name} [${Array(9)
          .fill(index === 0 ? "x" : `*${names[index - 1]}`)
          .join(",")}]`,
    );
    expect(problemOf(bomb.join("\n"))).toBe("error converting YAML to JSON: yaml: document contains excessive aliasing");
    const chain = Array.from({ length: 3000 }, (_, index) => `k${index}: &k${index} [${index === 0 ? "x" : `*k${index - 1}`}]`);
    expect(problemOf(chain.join("\n"))).toMatch(/exceeded max depth|excessive aliasing/);
  });

  test.each([
    ["a: *gone", "unknown anchor 'gone' referenced"],
    ["a: &a [*a]", "anchor 'a' value contains itself"],
    ["a: .nan", "unsupported value: .nan"],
    ["a: -.inf", "unsupported value: -.inf"],
    ["a: [1", "line 1: "],
    ["a: 1\n  b: 2", "line 2: "],
    ["a: 'b", "line 1: "],
    ["\ta: 1", "line 1: "],
    ["a: !!binary '*'", "!!binary value contains invalid base64 data"],
    ["[".repeat(5000), "nesting exceeded maxDepth"],
    ["- ".repeat(5000), "nesting exceeded maxDepth"],
  ])("%.20s", (text, problem) => {
    expect(problemOf(text)).toContain(`error converting YAML to JSON: yaml: ${problem.startsWith("nesting") ? "line 1: " : ""}${problem}`);
  });

  test("any text is read or refused, nothing else", () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(/^[-:?&*!|>'"#{}[\], \nab<1.]*$/));
    fc.assert(
      fc.property(texts, (text) => {
        expect(problemOf(text)).toMatch(/^(none$|error converting YAML to JSON: yaml: )/);
      }),
      { numRuns: 1000 },
    );
  });
});

const sentence =
  "The node was low on resource: memory. Threshold quantity: 100Mi, available: 92Mi. Container web was using 1Gi, more than it asked for.";
const texts: readonly string[] = [
  ...["", "true", "y", "123", "1.5", "1e3", "0777", "08", "null", "~", "2026-01-01", "1:30", "1_000", ".5", ".inf", "=", "-", ".", "plain"],
  ...[
    "a: b",
    "a:b",
    "a:",
    ":a",
    "#x",
    "x #y",
    "x#y",
    " lead",
    "trail ",
    "- x",
    "-x",
    "--- a",
    "...",
    "{a}",
    "[a]",
    "a,b",
    "*x",
    "&x",
    "!x",
    "|",
    "> a",
  ],
  ...["'q'", '"q"', "it's", "%a", "@a", "`a", "?", "? a", "?a", "!!str", "\\back", "a\\nb"],
  ...["one\ntwo", "one\ntwo\n", "one\n\n", "\none", "  one\ntwo", "one \ntwo", "one\n two\n", "\n", "one\r\ntwo", "\r"],
  ...["a\tb", "tab\t\nx", "é", "日本語", "😀", "nbsp\u00a0x", "\x07", "\x1b"],
  ...[
    sentence,
    `${sentence}  two  spaces  ${sentence}`,
    `'${sentence}`,
    sentence.replaceAll(" ", ": "),
    "x".repeat(200),
    `${sentence}\t${sentence}`,
  ],
];
const keys = ["a10", "a2", "b", "A", "1", "10", "2", "a-b", "a.b", "a_b", "true", "007", "a01", "a1", "example.com/x", "k".repeat(140)];

describe("YAML is written in the form of kubectl", () => {
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "texts", annotations: {}, labels: { a: "b" } },
    data: Object.fromEntries([...texts.map((text, index) => [`text${index}`, text]), ...keys.map((key) => [key, "x"])]) as Record<
      string,
      string
    >,
  };

  test.skipIf(kubectl === undefined)("which a real kubectl on this machine writes too", () => {
    const { output } = patchLocally(kubectl!, JSON.stringify(object), {
      type: "merge",
      patch: { metadata: { labels: { a: "b" } } },
      output: "yaml",
    });
    expect(formatYaml(object)).toBe(output);
  });

  test("and is read back as it was", () => {
    expect(valueOf(formatYaml(object))).toEqual(object);
    const fragments = fc.constantFrom(
      "a",
      " ",
      "\n",
      ": ",
      "- ",
      "#",
      "'",
      '"',
      "\\",
      "\t",
      "1",
      "ü",
      "😀",
      "\u2028",
      "\u0085",
      "{",
      "word word ",
    );
    const strings = fc.array(fragments, { maxLength: 30 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), strings, fc.dictionary(strings, strings)), (value) => {
        const plain = JSON.parse(JSON.stringify({ value })) as unknown;
        expect(valueOf(formatYaml(plain))).toEqual(plain);
      }),
      { numRuns: 500 },
    );
  });

  test("lists are not indented, keys are sorted, what is empty is short", () => {
    const written = formatYaml({
      spec: { ports: [{ port: 80, name: "http" }, { port: 443 }], args: ["-v", "yes"], nested: [[1, 2], []] },
      kind: "X",
      none: null,
      empty: {},
    });
    expect(written).toBe(
      [
        "empty: {}",
        "kind: X",
        "none: null",
        "spec:",
        "  args:",
        "  - -v",
        '  - "yes"',
        "  nested:",
        "  - - 1",
        "    - 2",
        "  - []",
        "  ports:",
        "  - name: http",
        "    port: 80",
        "  - port: 443",
        "",
      ].join("\n"),
    );
  });

  test.each([
    [[], "[]\n"],
    [{}, "{}\n"],
    ["text", "text\n"],
    [1.5, "1.5\n"],
    [1e21, "1e+21\n"],
    [1234567.5, "1.2345675e+06\n"],
    [0.00001, "1e-05\n"],
    [[{ a: [] }], "- a: []\n"],
  ])("%j", (value, text) => {
    expect(formatYaml(value)).toBe(text);
  });
});
