import fc from "fast-check";
import { expect, test } from "vitest";
import { Heap } from "./heap.ts";
import { NodeHeap, SlotPlaces } from "./node-heap.ts";

test("a heap gives its items in order, whatever was replaced and removed on the way", () => {
  const change = fc.record({ key: fc.nat({ max: 12 }), value: fc.option(fc.nat({ max: 100 })) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const heap = new Heap<{ readonly key: number; readonly value: number }>(
        ({ key }) => String(key),
        (a, b) => a.value < b.value || (a.value === b.value && a.key < b.key),
      );
      const kept = new Map<number, number>();
      for (const { key, value } of changes) {
        if (value === null) {
          heap.remove(String(key));
          kept.delete(key);
        } else {
          heap.put({ key, value });
          kept.set(key, value);
        }
      }
      const given: (readonly [number, number])[] = [];
      for (let item = heap.pop(); item !== undefined; item = heap.pop()) given.push([item.key, item.value]);
      expect(given).toEqual([...kept].sort((a, b) => a[1] - b[1] || a[0] - b[0]));
    }),
  );
});

test("a heap of slots always has the best on top, whatever scores changed", () => {
  const change = fc.record({ slot: fc.nat({ max: 20 }), score: fc.option(fc.nat({ max: 100 })) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 120 }), (changes) => {
      const scores = new Map<number, number>();
      const rank = (slot: number): number => scores.get(slot)! * 1000 + slot;
      const places = new SlotPlaces();
      places.reserve(21);
      const heap = new NodeHeap(places);
      for (const { slot, score } of changes) {
        if (score === null) {
          heap.remove(slot);
          scores.delete(slot);
        } else {
          scores.set(slot, score);
          heap.put(slot, rank(slot));
        }
        const best = [...scores.keys()].reduce((a, b) => (a < 0 || rank(b) > rank(a) ? b : a), -1);
        expect([heap.top(), heap.size]).toEqual([best, scores.size]);
      }
    }),
  );
});
