import type { PriorityLevelConfiguration } from "@kubets/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { RequestInfo } from "../contracts.ts";
import { mostSeatsAt, widthOf } from "./request-width.ts";
import { DemandMeter } from "./seat-demand.ts";
import { divideSeats, seatBounds } from "./seat-shares.ts";

const level = (name: string, spec: object): PriorityLevelConfiguration => ({ metadata: { name }, spec }) as never;

test("a level's share is its own, a part of it is lent, and borrowing may be limited", () => {
  const levels = [
    level("quiet", { type: "Limited", limited: { nominalConcurrencyShares: 40, lendablePercent: 25, borrowingLimitPercent: 50 } }),
    level("loud", { type: "Limited", limited: { nominalConcurrencyShares: 50, lendablePercent: 0 } }),
    level("exempt", { type: "Exempt", exempt: { nominalConcurrencyShares: 10, lendablePercent: 50 } }),
  ];
  expect([...seatBounds(levels, 200)]).toEqual([
    ["quiet", { nominal: 80, least: 60, most: 120 }],
    ["loud", { nominal: 100, least: 100, most: 200 }],
    ["exempt", { nominal: 20, least: 10, most: 200 }],
  ]);
});

const bounds = fc
  .record({ nominal: fc.nat(100), lent: fc.integer({ min: 0, max: 100 }), borrowed: fc.nat(200) })
  .map(({ nominal, lent, borrowed }) => ({ nominal, least: nominal - Math.round((nominal * lent) / 100), most: nominal + borrowed }));
const demand = fc.record({ highest: fc.nat(300), smoothed: fc.double({ min: 0, max: 300, noNaN: true }) });

test("however seats are divided, nobody falls below what it doesn't lend or needs of its own, nor rises above what it may borrow", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ bounds, demand }), { minLength: 1, maxLength: 8 }), (levels) => {
      const seats = levels.reduce((sum, each) => sum + each.bounds.nominal, 0);
      const divided = divideSeats(seats, levels);
      for (const [index, { bounds: each, demand: wanted }] of levels.entries()) {
        expect(divided[index]).toBeGreaterThanOrEqual(Math.max(each.least, Math.min(each.nominal, wanted.highest)));
        expect(divided[index]).toBeLessThanOrEqual(each.most);
      }
      // To a seat for each level, by rounding.
      expect(Math.abs(divided.reduce((sum, each) => sum + each, 0) - seats)).toBeLessThanOrEqual(levels.length);
    }),
  );
});

test("what is left over goes to those who want it, in proportion", () => {
  const own = (nominal: number): { readonly nominal: number; readonly least: number; readonly most: number } => ({
    nominal,
    least: 0,
    most: 100,
  });
  const levels = [
    { bounds: own(40), demand: { highest: 0, smoothed: 0 } },
    { bounds: own(30), demand: { highest: 90, smoothed: 60 } },
    { bounds: own(30), demand: { highest: 45, smoothed: 40 } },
  ];
  expect(divideSeats(100, levels)).toEqual([0, 60, 40]);
});

test("demand is told by its highest, its average with its deviation, and is forgotten slowly", () => {
  const meter = new DemandMeter(0);
  meter.set(10, 0);
  meter.set(0, 5_000);
  expect(meter.take(10_000, 1)).toEqual({ highest: 10, smoothed: 10 });
  const { highest, smoothed } = meter.take(20_000, 1);
  expect({ highest, smoothed: smoothed.toFixed(3) }).toEqual({ highest: 0, smoothed: "9.770" });
  expect(meter.take(20_000 + 300_000, 30).smoothed).toBeCloseTo(9.77 * 0.977 ** 30);
});

const resource = { group: "", version: "v1", namespace: "", resource: "pods", subresource: "", rest: "", name: "" };
const asking = (verb: string, query = ""): RequestInfo => ({ verb, path: "/api/v1/pods", query: new URLSearchParams(query), resource });

test.each([
  ["a get", asking("get"), 1],
  ["a list of all", asking("list"), 4],
  ["a page of it", asking("list", "limit=150"), 2],
  ["a page of a selection, which is looked for among all", asking("list", "limit=150&labelSelector=app%3Dweb"), 4],
  ["a write", asking("create"), 1],
] as const)("of 350 objects, %s takes as many seats as it has work", (_what, info, width) => {
  expect(widthOf(info, { most: 10, count: () => 350 })).toBe(width);
});

test("no request takes more than ten seats, nor more than about a seventh of a level", () => {
  expect([1, 6, 7, 40, 600].map(mostSeatsAt)).toEqual([1, 1, 2, 6, 10]);
  expect(widthOf(asking("list"), { most: 2, count: () => 1_000_000 })).toBe(2);
});
