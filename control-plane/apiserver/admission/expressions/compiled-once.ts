/** A function whose results are kept with what they were made of: objects don't change, so that each tells itself from all others. */
export function compiledOnce<Source extends object, Compiled>(compile: (source: Source) => Compiled): (source: Source) => Compiled {
  const known = new WeakMap<Source, { readonly compiled: Compiled }>();
  return (source) => {
    let kept = known.get(source);
    if (kept === undefined) known.set(source, (kept = { compiled: compile(source) }));
    return kept.compiled;
  };
}
