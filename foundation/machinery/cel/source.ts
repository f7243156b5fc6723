import { characterCount } from "./characters.ts";
import type { CelIssue } from "./errors.ts";

/** The text of an expression, and where its lines are. */
export class Source {
  readonly text: string;
  #lines: readonly string[] | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** The line and column of a code unit, both from 1. A negative offset is nowhere: line -1, column 0. */
  locate(offset: number): { readonly line: number; readonly column: number } {
    if (offset < 0) return { line: -1, column: 0 };
    let line = 1;
    let start = 0;
    for (let end = this.text.indexOf("\n"); end >= 0 && end < offset; end = this.text.indexOf("\n", start)) {
      line++;
      start = end + 1;
    }
    return { line, column: characterCount(this.text.slice(start, offset)) + 1 };
  }

  /** An issue with the line it is in and a mark below it, as upstream prints it. */
  display({ message, line, column }: CelIssue): string {
    const heading = `ERROR: <input>:${line}:${column}: ${message}`;
    const snippet = this.#line(line);
    if (snippet === undefined || snippet.length > longestSnippet) return heading;
    const characters = Array.from(snippet.replaceAll("\t", " "));
    const dots = characters.slice(0, Math.max(0, column - 1)).map((character) => (isWide(character) ? wideDot : "."));
    const marked = characters[column - 1];
    return `${heading}\n | ${characters.join("")}\n | ${dots.join("")}${marked !== undefined && isWide(marked) ? wideMark : "^"}`;
  }

  #line(line: number): string | undefined {
    this.#lines ??= this.text.split("\n");
    return this.#lines[line - 1];
  }
}

const longestSnippet = 16_384;
const wideDot = "\uff0e";
const wideMark = "\uff3e";

/** Whether the character takes more than one byte: upstream marks it by a wide dot, so that marks stay below their characters. */
function isWide(character: string): boolean {
  return character.charCodeAt(0) >= 0x80;
}
