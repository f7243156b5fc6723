/** Words that CEL reserves; fields of these names are written `__name__` in rules. */
const reserved: ReadonlySet<string> = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(" "),
);

const escapes: Readonly<Record<string, string>> = { __: "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__" };

/**
 * The name under which expressions speak of a property. `undefined` for names that no expression can speak of.
 *
 * @example
 * escapeName("my-field.namespace"); // => "my__dash__field__dot__namespace"
 */
export function escapeName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  return name.replaceAll(/__|[-./]/g, (match) => escapes[match]!);
}

/** The property that an escaped name stands for; `undefined` for what no name escapes to. */
export function unescapeName(escaped: string): string | undefined {
  let valid = true;
  const name = escaped.replaceAll(/__([^_]+)__/g, (match, word: string) => {
    const escape = Object.entries(escapes).find(([, each]) => each === match);
    if (escape !== undefined) return escape[0];
    if (!reserved.has(word) || match !== escaped) valid = false;
    return word;
  });
  return valid ? name : undefined;
}
