// Clients show warnings to people: more text than this helps nobody and grows the head of the answer.
const longestAll = 4096;
const longestWhenMany = 256;

/** The warnings of one request, in order, each once. */
export interface Warnings {
  add(text: string): void;
  /** The value of the `Warning` header; `undefined` when there is nothing to warn of. */
  header(): string | undefined;
}

export function createWarnings(): Warnings {
  let texts: Set<string> | undefined;
  return {
    add(text) {
      (texts ??= new Set()).add(printable(text));
    },
    header() {
      if (texts === undefined) return undefined;
      const all = [...texts];
      const length = all.reduce((sum, text) => sum + text.length, 0);
      const shown = length <= longestAll ? all : all.map((text) => text.slice(0, longestWhenMany)).slice(0, longestAll / longestWhenMany);
      return shown.map((text) => `299 - ${quote(text)}`).join(", ");
    },
  };
}

function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f]+/g, " ").trim();
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, (character) => `\\${character}`)}"`;
}
