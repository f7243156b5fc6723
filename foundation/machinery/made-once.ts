import { deepFreeze } from "./deep-freeze.ts";

/**
 * What is made of a frozen value once, and then found again: `rest`, all that it depends on besides the value, is compared by identity, and the last
 * is kept. What comes out of a frozen value is deep-frozen and the very same each time, so whatever was found out about it needs no finding out
 * again. Of values that aren't frozen it is made anew.
 */
export function madeOnce<Value extends object, Rest extends readonly unknown[], Made>(
  make: (value: Value, ...rest: Rest) => Made,
): (value: Value, ...rest: Rest) => Made {
  const makings = new WeakMap<Value, { readonly rest: Rest; readonly made: Made }>();
  return (value, ...rest) => {
    const known = makings.get(value);
    if (known !== undefined && isSame(known.rest, rest)) return known.made;
    if (!Object.isFrozen(value)) return make(value, ...rest);
    const made = deepFreeze(make(value, ...rest));
    makings.set(value, { rest, made });
    return made;
  };
}

function isSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  for (let index = 0; index < some.length; index++) if (!Object.is(some[index], others[index])) return false;
  return true;
}
