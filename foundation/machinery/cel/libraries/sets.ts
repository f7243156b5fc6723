import { declare, global, type CallCosts, type Library } from "../declarations.ts";
import { listContains } from "../equality.ts";
import { addRanges, fixed, multiplyRanges, scaleRange } from "../estimates.ts";
import { sizeOf } from "../runtime-costs.ts";
import { boolType, listType, typeParameter } from "../types.ts";
import type { CelList } from "../values.ts";

const T = typeParameter("T");
const lists = [listType(T), listType(T)];

/** Every element of one list is looked for in the other, `factor` times. */
function costs(factor: number): CallCosts {
  return {
    actual: ([a, b]) => sizeOf(a!) * sizeOf(b!) * factor + 1,
    estimate: (_, [a, b]) => ({ cost: addRanges(scaleRange(multiplyRanges(a!.size, b!.size), factor), fixed(1)) }),
  };
}

/** Lists as sets. */
export const setLibrary: Library = {
  functions: [
    declare("sets.contains", global("list_sets_contains_list", lists, boolType, contains, costs(1))),
    declare(
      "sets.equivalent",
      global("list_sets_equivalent_list", lists, boolType, (a: CelList, b: CelList) => contains(a, b) && contains(b, a), costs(2)),
    ),
    declare("sets.intersects", global("list_sets_intersects_list", lists, boolType, intersects, costs(1))),
  ],
};

function contains(list: CelList, part: CelList): boolean {
  for (const each of part) if (!listContains(list, each)) return false;
  return true;
}

function intersects(a: CelList, b: CelList): boolean {
  for (const each of a) if (listContains(b, each)) return true;
  return false;
}
