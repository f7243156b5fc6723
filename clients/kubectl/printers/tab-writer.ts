/** How wide cells are at least, and how far apart. */
export interface TabWriterOptions {
  readonly minimumWidth: number;
  readonly padding: number;
}

/** What `get` and `api-resources` print with. */
export const tableLayout: TabWriterOptions = { minimumWidth: 6, padding: 3 };
/** What `describe` prints with. */
export const describeLayout: TabWriterOptions = { minimumWidth: 0, padding: 2 };

/**
 * Aligns cells that end with a tab. As in Go's tabwriter, a column is a block of lines that follow one another and all have that
 * cell, so a line without tabs separates the columns above from those below; the text after the last tab of a line is in no column.
 *
 * @example
 * alignTabs("a\tb\nlonger\tc\n", { minimumWidth: 0, padding: 2 }); // => "a       b\nlonger  c\n"
 */
export function alignTabs(text: string, { minimumWidth, padding }: TabWriterOptions): string {
  const lines = text.split("\n").map((line) => line.split("\t"));
  const widths: number[][] = lines.map(() => []);
  const layOut = (from: number, to: number, column: number): void => {
    for (let start = from; start < to; start++) {
      if (lines[start]!.length - 1 <= column) continue;
      let end = start;
      let width = minimumWidth;
      for (; end < to && lines[end]!.length - 1 > column; end++) width = Math.max(width, widthOf(lines[end]![column]!) + padding);
      for (let line = start; line < end; line++) widths[line]![column] = width;
      layOut(start, end, column + 1);
      start = end;
    }
  };
  layOut(0, lines.length, 0);
  return lines
    .map((cells, line) =>
      cells.map((cell, column) => (column === cells.length - 1 ? cell : padEnd(cell, widths[line]![column] ?? 0))).join(""),
    )
    .join("\n");
}

/** How many characters a text has. */
export function widthOf(text: string): number {
  return Array.from(text).length;
}

/** Pads by characters, as Go counts them, not by UTF-16 units. */
export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}
