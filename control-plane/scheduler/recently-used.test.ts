import { expect, test } from "vitest";
import { RecentlyUsed } from "./recently-used.ts";

test("when there is no more room, what was asked for longest ago is forgotten", () => {
  let room = 2;
  const known = new RecentlyUsed<number>(() => room);
  known.put("a", 1);
  known.put("b", 2);
  known.get("a");
  known.put("c", 3);
  expect(["a", "b", "c"].map((key) => known.get(key))).toEqual([1, undefined, 3]);
  room = 0;
  known.put("d", 4);
  expect(["a", "c", "d"].map((key) => known.get(key))).toEqual([undefined, undefined, 4]);
});
