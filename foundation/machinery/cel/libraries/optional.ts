import { optionalAt } from "../access.ts";
import { declare, global, method, type Library } from "../declarations.ts";
import { failure } from "../errors.ts";
import { operators } from "../expression.ts";
import { bindingMacros, optionalMacros, twoVariableMacros } from "../macros.ts";
import { boolType, dynType, intType, listType, mapType, optionalType, stringType, typeParameter } from "../types.ts";
import { CelArray, CelDouble, CelDuration, CelList, CelMap, CelObject, CelOptional, CelUint, type CelValue } from "../values.ts";

const K = typeParameter("K");
const V = typeParameter("V");
const optionalV = optionalType(V);
const listV = listType(V);
const mapKV = mapType(K, V);

const access = (value: CelValue, key: CelValue): CelValue => optionalAt(value, key);
const or = (optional: CelOptional, other: CelOptional): CelValue => (optional.value === undefined ? other : optional);
const orValue = (optional: CelOptional, other: CelValue): CelValue => optional.value ?? (optional.value === undefined ? other : null);

/** Values that may be absent: `a.?b`, `a[?b]`, `optional.of(x)`, `x.orValue(y)`, `x.optMap(v, …)`. */
export const optionalLibrary: Library = {
  macros: optionalMacros,
  types: { optional_type: optionalType(dynType) },
  functions: [
    declare(
      "optional.of",
      global("optional_of", [V], optionalV, (value: CelValue) => new CelOptional(value)),
    ),
    declare(
      "optional.ofNonZeroValue",
      global("optional_ofNonZeroValue", [V], optionalV, (value: CelValue) => (isZero(value) ? CelOptional.none : new CelOptional(value))),
    ),
    declare(
      "optional.none",
      global("optional_none", [], optionalV, () => CelOptional.none),
    ),
    declare("optional.unwrap", global("optional_unwrap", [listType(optionalV)], listV, unwrapAll)),
    declare("unwrapOpt", method("optional_unwrapOpt", [listType(optionalV)], listV, unwrapAll)),
    declare("value", method("optional_value", [optionalV], V, valueOf)),
    declare(
      "hasValue",
      method("optional_hasValue", [optionalV], boolType, (optional: CelOptional) => optional.value !== undefined),
    ),
    declare("or", method("optional_or_optional", [optionalV, optionalV], optionalV, or)),
    declare("orValue", method("optional_orValue_value", [optionalV, V], V, orValue)),
    declare(
      "first",
      method("list_first", [listV], optionalV, (list: CelList) => elementAt(list, 0)),
    ),
    declare(
      "last",
      method("list_last", [listV], optionalV, (list: CelList) => elementAt(list, list.size - 1)),
    ),
    declare(operators.optionalSelect, global("select_optional_field", [dynType, stringType], optionalV, access)),
    declare(
      operators.optionalIndex,
      global("list_optindex_optional_int", [listV, intType], optionalV, access),
      global("optional_list_optindex_optional_int", [optionalType(listV), intType], optionalV, access),
      global("map_optindex_optional_value", [mapKV, K], optionalV, access),
      global("optional_map_optindex_optional_value", [optionalType(mapKV), K], optionalV, access),
    ),
    declare(
      operators.index,
      global("optional_list_index_int", [optionalType(listV), intType], optionalV, access),
      global("optional_map_index_value", [optionalType(mapKV), K], optionalV, access),
    ),
  ],
};

/** Macros with two variables: `list.all(index, element, …)`, `map.transformMap(key, value, …)`. */
export const comprehensionLibrary: Library = { macros: twoVariableMacros, functions: [] };

/** `cel.bind(name, value, …)`. Rules of custom resources don't have it. */
export const bindingLibrary: Library = { macros: bindingMacros, functions: [] };

function elementAt(list: CelList, index: number): CelOptional {
  return list.size === 0 ? CelOptional.none : new CelOptional(list.at(index));
}

function valueOf({ value }: CelOptional): CelValue {
  if (value === undefined) throw failure("optional.none() dereference");
  return value;
}

function unwrapAll(list: CelList): CelValue {
  const values: CelValue[] = [];
  for (const each of list) {
    if (!(each instanceof CelOptional)) throw failure("value is not optional");
    if (each.value !== undefined) values.push(each.value);
  }
  return new CelArray(values);
}

/** Whether a value is the one that a variable of its type has in Go when nothing was assigned to it. */
function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === 0 || value === "") return true;
  if (value instanceof CelList || value instanceof CelMap || value instanceof CelObject) return value.size === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof CelDouble) return value.value === 0;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof CelOptional) return value.value === undefined;
  return value instanceof CelDuration && value.nanoseconds === 0n;
}
