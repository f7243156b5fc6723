/**
 * A check that looks at a value once, when nothing was found: then nothing ever will be, since what is frozen never changes. Values that
 * aren't frozen, and findings, are not remembered. `rest` may say how findings are told, but not whether there are any.
 */
export function passOnce<Value extends object, Rest extends readonly unknown[], Finding>(
  check: (value: Value, ...rest: Rest) => readonly Finding[],
): (value: Value, ...rest: Rest) => readonly Finding[] {
  const passed = new WeakSet<Value>();
  return (value, ...rest) => {
    if (passed.has(value)) return none;
    const findings = check(value, ...rest);
    if (findings.length === 0 && Object.isFrozen(value)) passed.add(value);
    return findings;
  };
}

const none: readonly never[] = Object.freeze([]);
