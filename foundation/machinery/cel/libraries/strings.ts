import { characterCount } from "../characters.ts";
import { declare, global, method, type CallCosts, type Library } from "../declarations.ts";
import { addRanges, multiplyRanges, type CallEstimator, type Range } from "../estimates.ts";
import { failure } from "../errors.ts";
import { formatText, formatTextLocally } from "../format-text.ts";
import { sizeOf, traversal } from "../runtime-costs.ts";
import { traverse } from "../standard-estimates.ts";
import { dynType, intType, listType, stringType } from "../types.ts";
import { CelArray, type CelInt, type CelList, type CelValue } from "../values.ts";

const once: CallCosts = {
  actual: ([text]) => traversal(sizeOf(text!)),
  estimate: (target) => ({ cost: traverse(target!.size), size: target!.size }),
};

/** At most every character is escaped. */
const quoting: CallCosts = {
  actual: ([text]) => traversal(sizeOf(text!)),
  estimate: (_, [text]) => ({ cost: traverse(text!.size), size: { min: text!.size.min + 2, max: text!.size.max * 2 + 2 } }),
};

const replacing: CallCosts = {
  actual: ([text]) => traversal(sizeOf(text!) * 2),
  estimate: (target, [old, replacement]) => {
    const size = sizeOfReplaced(target!.size, old!.size, replacement!.size);
    return { cost: traverse(target!.size, 2), size };
  },
};

const splitting: CallCosts = {
  actual: ([text]) => traversal(sizeOf(text!) * 2),
  estimate: (target, [, limit]) => {
    const most = limit?.literal;
    const max = typeof most === "number" ? (most < 0 ? 2 ** 64 - 1 : most) : target!.size.max;
    return { cost: traverse(target!.size, 2), size: { min: 0, max } };
  },
};

const joining: CallCosts = {
  actualByResult: (result) => traversal(sizeOf(result) * 2),
  estimate: (target, [separator]) => {
    const elements = multiplyRanges(target!.size, target!.elementSize);
    const between = { min: Math.max(0, target!.size.min - 1), max: Math.max(0, target!.size.max - 1) };
    const size = separator === undefined ? elements : addRanges(elements, multiplyRanges(separator.size, between));
    return { cost: traverse(size), size };
  },
};

/** Searching a text or list of elements that cost `1`, or more if they are texts. */
export const searchEstimate: CallEstimator = (target) => {
  if (target!.type.kind !== "list") return { cost: traverse(target!.size) };
  const { element } = target!.type;
  const each = element.kind === "string" || element.kind === "bytes" ? addRanges(one, traverse(target!.elementSize)) : one;
  return { cost: multiplyRanges(target!.size, each) };
};

const one: Range = { min: 1, max: 1 };

const searching: CallCosts = {
  // Bytes, not characters, and rounded down: so has it Kubernetes.
  actual: ([text]) => Math.floor(new TextEncoder().encode(text as string).length * 0.1),
  estimate: searchEstimate,
};

const formatting: CallCosts = {
  actual: ([format]) => traversal(sizeOf(format!)),
  estimate: (target) => ({ cost: traverse(target!.size) }),
};

/** What can be done with strings, by characters (code points) and not by units of UTF-16. */
export const stringLibrary: Library = {
  functions: [
    declare("charAt", method("string_char_at_int", [stringType, intType], stringType, charAt)),
    declare(
      "indexOf",
      method("string_index_of_string", [stringType, stringType], intType, indexOf, searching),
      method("string_index_of_string_int", [stringType, stringType, intType], intType, indexOf, searching),
    ),
    declare(
      "lastIndexOf",
      method("string_last_index_of_string", [stringType, stringType], intType, lastIndexOf, searching),
      method("string_last_index_of_string_int", [stringType, stringType, intType], intType, lastIndexOf, searching),
    ),
    declare(
      "lowerAscii",
      method(
        "string_lower_ascii",
        [stringType],
        stringType,
        (text: string) => text.replaceAll(/[A-Z]+/g, (each) => each.toLowerCase()),
        once,
      ),
    ),
    declare(
      "upperAscii",
      method(
        "string_upper_ascii",
        [stringType],
        stringType,
        (text: string) => text.replaceAll(/[a-z]+/g, (each) => each.toUpperCase()),
        once,
      ),
    ),
    declare(
      "replace",
      method("string_replace_string_string", [stringType, stringType, stringType], stringType, replace, replacing),
      method("string_replace_string_string_int", [stringType, stringType, stringType, intType], stringType, replace, replacing),
    ),
    declare(
      "split",
      method("string_split_string", [stringType, stringType], listType(stringType), split, splitting),
      method("string_split_string_int", [stringType, stringType, intType], listType(stringType), split, splitting),
    ),
    declare(
      "substring",
      method("string_substring_int", [stringType, intType], stringType, substring, once),
      method("string_substring_int_int", [stringType, intType, intType], stringType, substring, once),
    ),
    declare(
      "trim",
      method("string_trim", [stringType], stringType, (text: string) => text.replaceAll(space, ""), once),
    ),
    declare(
      "join",
      method("list_join", [listType(stringType)], stringType, join, joining),
      method("list_join_string", [listType(stringType), stringType], stringType, join, joining),
    ),
    declare("format", method("string_format", [stringType, listType(dynType)], stringType, formatTextLocally, formatting)),
    declare("strings.quote", global("strings_quote", [stringType], stringType, quote, quoting)),
  ],
};

/** Strings as CEL has them since: `reverse()`, and a `format` that writes numbers as programs read them. Kubernetes has neither yet. */
export const laterStringLibrary: Library = {
  functions: [
    declare("format", method("string_format", [stringType, listType(dynType)], stringType, formatText, formatting)),
    declare(
      "reverse",
      method("string_reverse", [stringType], stringType, (text: string) => Array.from(text).reverse().join(""), once),
    ),
  ],
};

/** What Go takes for white space. */
const space =
  /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

function charAt(text: string, index: CelInt): string {
  const characters = Array.from(text);
  const at = Number(index);
  if (at < 0 || at > characters.length) throw failure(`index out of range: ${index}`);
  return characters[at] ?? "";
}

function indexOf(text: string, part: string, offset: CelInt = 0): number {
  const from = Number(offset);
  if (from < 0) throw failure(`index out of range: ${offset}`);
  const length = characterCount(text);
  if (part === "") return Math.min(from, length);
  if (from >= length) return -1;
  const found = text.indexOf(part, unitOf(text, from));
  return found < 0 ? -1 : characterCount(text.slice(0, found));
}

function lastIndexOf(text: string, part: string, offset?: CelInt): number {
  const length = characterCount(text);
  if (offset === undefined && part === "") return length;
  if (offset === undefined && text.length < part.length) return -1;
  const from = offset === undefined ? length - 1 : Number(offset);
  if (from < 0) throw failure(`index out of range: ${from}`);
  if (part === "") return Math.min(from, length);
  if (from >= length) return -1;
  const found = text.lastIndexOf(part, unitOf(text, from));
  return found < 0 ? -1 : characterCount(text.slice(0, found));
}

/** Where a character begins, in units of UTF-16. */
function unitOf(text: string, character: number): number {
  if (characterCount(text) === text.length) return character;
  let unit = 0;
  for (let count = 0; count < character && unit < text.length; count++) unit += text.codePointAt(unit)! > 0xffff ? 2 : 1;
  return unit;
}

function replace(text: string, old: string, replacement: string, limit: CelInt = -1): string {
  const most = Number(limit);
  if (most === 0) return text;
  if (most < 0 && old !== "") return text.replaceAll(old, () => replacement);
  const parts = old === "" ? ["", ...Array.from(text), ""] : text.split(old);
  const count = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1);
  return (
    parts.slice(0, count + 1).join(replacement) +
    parts
      .slice(count + 1)
      .map((part) => old + part)
      .join("")
  );
}

function split(text: string, separator: string, limit: CelInt = -1): CelList {
  const most = Number(limit);
  if (most === 0) return new CelArray([]);
  const parts = separator === "" ? Array.from(text) : text.split(separator);
  if (most < 0 || parts.length <= most) return new CelArray(parts);
  return new CelArray([...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)]);
}

function substring(text: string, start: CelInt, end?: CelInt): string {
  const characters = Array.from(text);
  const [from, to] = [Number(start), end === undefined ? characters.length : Number(end)];
  if (end !== undefined && from > to) throw failure(`invalid substring range. start: ${start}, end: ${end}`);
  if (from < 0 || from > characters.length) throw failure(`index out of range: ${start}`);
  if (to < 0 || to > characters.length) throw failure(`index out of range: ${end}`);
  return characters.slice(from, to).join("");
}

function join(list: CelList, separator = ""): string {
  const parts: string[] = [];
  for (const each of list) {
    if (typeof each !== "string") throw failure(`join: invalid input: ${describe(each)}`);
    parts.push(each);
  }
  return parts.join(separator);
}

function describe(value: CelValue): string {
  return typeof value === "object" ? "value" : String(value);
}

const quoted: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

function quote(text: string): string {
  return `"${Array.from(text.toWellFormed(), (character) => quoted[character] ?? character).join("")}"`;
}

/** How long a text can become by replacing parts of it. */
function sizeOfReplaced(text: Range, old: Range, replacement: Range): Range {
  const least =
    old.max === 0
      ? { count: text.min + 1, kept: text.min }
      : old.max <= replacement.min
        ? { count: 0, kept: text.min }
        : { count: Math.ceil(text.min / old.max), kept: 0 };
  const most =
    old.min === 0
      ? { count: text.max + 1, kept: text.max }
      : replacement.max <= old.min
        ? { count: 0, kept: text.max }
        : { count: Math.ceil(text.max / old.min), kept: 0 };
  return addRanges(multiplyRanges({ min: least.count, max: most.count }, replacement), { min: least.kept, max: most.kept });
}
