/** A command line as a shell of few words reads it. */
export interface CommandLine {
  readonly environment: Readonly<Record<string, string>>;
  /** The program first. */
  readonly words: readonly string[];
  /** The file behind `<`. */
  readonly input: string | undefined;
}

/**
 * Reads a command line: words apart by spaces, `'…'` and `"…"` (with `\"`) around what belongs together, `NAME=value` before the program,
 * `< file` at the end. Nothing is expanded.
 *
 * @example
 * readCommandLine("KUBE_EDITOR='sed -i s/a/b/' kubectl edit cm settings");
 */
export function readCommandLine(text: string): CommandLine {
  const tokens = [...text.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"])+/g)].map(([token]) => token);
  const plain = tokens.map((token) =>
    token.replaceAll(
      /'([^']*)'|"((?:\\.|[^"\\])*)"/g,
      (_, single?: string, double?: string) => single ?? double!.replaceAll(/\\(["\\])/g, "$1"),
    ),
  );
  const redirect = tokens.indexOf("<");
  const assignments = tokens.findIndex((token) => !/^[A-Z_]+=/.test(token));
  const pairs = plain.slice(0, assignments).map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)] as const);
  return {
    environment: Object.fromEntries(pairs),
    words: plain.slice(assignments, redirect < 0 ? undefined : redirect),
    input: redirect < 0 ? undefined : plain[redirect + 1],
  };
}
