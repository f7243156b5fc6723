/** Freezes a JSON value with all that is in it, and answers it. What is frozen already is taken to be so throughout. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  // Without lists of members: everything that is read from a store passes here.
  if (Array.isArray(value)) for (let index = 0; index < value.length; index++) deepFreeze(value[index]);
  else for (const name in value) deepFreeze(value[name]);
  return value;
}
