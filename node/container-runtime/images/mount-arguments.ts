/** A mount as containerd tells it: one that `mount` can be asked for. */
export interface LayerMount {
  /** `overlay`, or `bind` where there is only one layer. */
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/**
 * What to tell `mount`, and from which directory. The kernel takes a page of options at most: the paths of many layers only fit in there
 * as seen from where they lie together.
 */
export function mountArguments({ type, source, options }: LayerMount, target: string): { readonly from: string; readonly args: string[] } {
  const layers =
    options
      .find((option) => option.startsWith(lower))
      ?.slice(lower.length)
      .split(":") ?? [];
  const from = layers.length < 2 ? "/" : togetherAt(layers);
  const shortened = layers.map((layer) => layer.slice(from === "/" ? 0 : from.length + 1)).join(":");
  const told = options.map((option) => (option.startsWith(lower) ? `${lower}${shortened}` : option));
  const readOnly = told.includes("ro") ? told : ["ro", ...told];
  return { from, args: ["-t", type === "bind" ? "none" : type, "-o", readOnly.join(","), source, target] };
}

const lower = "lowerdir=";

/** The innermost directory that holds all of them. */
function togetherAt(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => path.split("/").slice(0, -1));
  const differs = first.findIndex((part, at) => others.some((other) => other[at] !== part));
  const shared = (differs === -1 ? first : first.slice(0, differs)).join("/");
  return shared === "" ? "/" : shared;
}
