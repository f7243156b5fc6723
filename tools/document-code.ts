/** A block of code of a document. */
export interface CodeBlock {
  readonly language: string;
  /** The file that its first line names in a comment, such as `// my-controller.ts`. */
  readonly file?: string;
  readonly text: string;
}

/** The fenced blocks of a Markdown text, in their order. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  return Array.from(markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms), ([, language = "", text = ""]) => {
    const file = /^\/\/ (\S+\.ts)$/m.exec(text.slice(0, text.indexOf("\n")))?.[1];
    return { language, text, ...(file === undefined ? {} : { file }) };
  });
}
