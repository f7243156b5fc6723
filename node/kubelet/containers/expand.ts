/**
 * Puts variables in the places of `$(NAME)`. `$$` stands for one `$`; what isn't known stays as it is.
 *
 * @example
 * expand("$(HOST):$$(PORT)", new Map([["HOST", "web"]])); // => "web:$(PORT)"
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$(\$|\(([^)]*)\))/g, (whole, what: string, name: string | undefined) => {
    if (what === "$") return "$";
    return variables.get(name!) ?? whole;
  });
}
