import { type Endpoint, type EndpointSlice, EndpointSliceKind } from "@kubets/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anObject } from "../testing/objects.ts";
import { pack, sliceCapacity } from "./pack.ts";

function endpoint(number: number, ready = true): Endpoint {
  const addresses = [`10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`];
  return { addresses, conditions: { ready }, targetRef: { kind: "Pod", name: `p${number}`, uid: `p${number}` } };
}
function sliceOf(name: string, endpoints: readonly Endpoint[]): EndpointSlice {
  return { ...anObject(EndpointSliceKind, name, { addressType: "IPv4", endpoints: [] }), endpoints };
}
/** The slices after a packing, and how many of them were written. */
function applied(
  endpoints: readonly Endpoint[],
  slices: readonly EndpointSlice[],
): { readonly slices: readonly EndpointSlice[]; readonly writes: number } {
  const { updated, created } = pack(endpoints, slices);
  const kept = [...updated].map(([slice, content]) => ({ ...slice, endpoints: content }));
  const changed = [...updated].filter(([slice, content]) => JSON.stringify(slice.endpoints) !== JSON.stringify(content)).length;
  const made = created.map((content, index) => sliceOf(`new-${slices.length}-${index}`, content));
  return { slices: [...kept, ...made], writes: changed + created.length + (slices.length - updated.size) };
}
const uids = (slices: readonly EndpointSlice[]): readonly string[] =>
  slices.flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef!.uid!)).toSorted();

const pods = fc.uniqueArray(fc.nat(600), { maxLength: 450 });
/** A history of what a Service leads to: sets of Pods, one after the other. */
const histories = fc.array(pods, { minLength: 1, maxLength: 4 });

test("however Pods come and go, every endpoint is in exactly one slice, and no slice holds more than it may", () => {
  fc.assert(
    fc.property(histories, (history) => {
      let slices: readonly EndpointSlice[] = [];
      for (const numbers of history) {
        const wanted = numbers.map((number) => endpoint(number));
        slices = applied(wanted, slices).slices;
        expect(uids(slices)).toEqual(wanted.map(({ targetRef }) => targetRef!.uid!).toSorted());
        for (const { endpoints } of slices) expect(endpoints.length).toBeLessThanOrEqual(sliceCapacity);
        expect(slices.length).toBeGreaterThan(0);
        expect(applied(wanted, slices).writes).toBe(0);
      }
    }),
    { numRuns: 60, seed: 20_261_121 },
  );
});

test("one Pod that comes, goes or changes is one write", () => {
  fc.assert(
    fc.property(histories, fc.nat(600), fc.constantFrom("comes", "goes", "changes"), (history, number, how) => {
      let slices: readonly EndpointSlice[] = [];
      for (const numbers of history)
        slices = applied(
          numbers.map((each) => endpoint(each)),
          slices,
        ).slices;
      const before = history.at(-1)!;
      const others = before.filter((each) => each !== number).map((each) => endpoint(each));
      slices = applied(
        before.map((each) => endpoint(each)),
        slices,
      ).slices;
      const after = how === "goes" ? others : [...others, endpoint(number, how !== "changes")];
      expect(applied(after, slices).writes).toBeLessThanOrEqual(1);
    }),
    { numRuns: 60, seed: 20_261_121 },
  );
});

test("a new endpoint fills a slice that changes anyway before one that could stay as it is", () => {
  const full = sliceOf(
    "full",
    Array.from({ length: 90 }, (_, index) => endpoint(index)),
  );
  const changing = sliceOf(
    "changing",
    Array.from({ length: 10 }, (_, index) => endpoint(200 + index)),
  );
  const wanted = [...full.endpoints, endpoint(200, false), ...changing.endpoints.slice(1), endpoint(300)];
  const { updated } = pack(wanted, [full, changing]);
  expect(updated.get(full)).toHaveLength(90);
  expect(updated.get(changing)).toHaveLength(11);
});

test("one slice stays when there is no endpoint, and one is made when there is no slice", () => {
  const [first, second] = [sliceOf("first", [endpoint(1)]), sliceOf("second", [endpoint(2)])];
  expect([...pack([], [first, second]).updated]).toEqual([[first, []]]);
  expect(pack([], []).created).toEqual([[]]);
});
