import fc from "fast-check";
import { expect, test } from "vitest";
import { type Answer, type Query, recordTypes, type ResourceRecord, responseCodes } from "./message.ts";
import { isRefusal, readAnswer, readQuery } from "./read.ts";
import { datagramLimit, questionBytesOf, writeAnswer, writeQuery } from "./write.ts";

const name = "web.default.svc.cluster.local";
const question = questionBytesOf(name, recordTypes.A);
const plain = writeQuery({ questionBytes: question, checkingDisabled: false }, 4711);

function queryOf(bytes: Uint8Array): Query {
  const query = readQuery(bytes);
  if (isRefusal(query)) throw new Error("expected a query");
  return query;
}

function addresses(count: number): readonly ResourceRecord[] {
  return Array.from({ length: count }, (_, index) => ({ name, ttl: 30, type: "A", address: `10.244.0.${index}` }));
}

function reply(answers: readonly ResourceRecord[], additional: readonly ResourceRecord[] = []): Answer {
  return { code: responseCodes.noError, authoritative: true, answers, authority: [], additional };
}

test("what is asked arrives, and what is answered too", () => {
  const query = queryOf(plain);
  expect(query).toMatchObject({ id: 4711, recursionDesired: true, question: { name, type: 1, class: 1 } });
  const records: readonly ResourceRecord[] = [
    { name, ttl: 30, type: "CNAME", target: "other.default.svc.cluster.local" },
    { name: "other.default.svc.cluster.local", ttl: 5, type: "A", address: "10.96.0.1" },
    { name: "other.default.svc.cluster.local", ttl: 5, type: "AAAA", address: "fd00::1" },
  ];
  const read = readAnswer(writeAnswer(query, reply(records), 512), question);
  expect(read).toMatchObject({ id: 4711, code: 0, truncated: false, answers: records, lifetime: 5 });
});

test("the question comes back in the letters in which it was asked", () => {
  const bytes = plain.slice();
  bytes[13] = "W".charCodeAt(0);
  const query = queryOf(bytes);
  expect(query.question.name).toBe(name);
  expect(writeAnswer(query, reply([]), 512).slice(12, 12 + question.length)).toEqual(bytes.slice(12));
});

test("names that were written before are pointed to", () => {
  expect(writeAnswer(queryOf(plain), reply(addresses(2)), 512).length).toBe(plain.length + 2 * 16);
});

test("what is too long loses what nobody asked for first; then answers, and says so", () => {
  const query = queryOf(plain);
  const unasked = readAnswer(writeAnswer(query, reply(addresses(20), addresses(20)), 512), question);
  expect(unasked).toMatchObject({ truncated: false, answers: addresses(20) });
  const bytes = writeAnswer(query, reply(addresses(200)), 512);
  const cut = readAnswer(bytes, question)!;
  expect([bytes.length <= 512, cut.truncated, cut.answers.length > 0]).toEqual([true, true, true]);
});

test("a client that says how much it takes gets as much, within what every network passes", () => {
  const extension = { version: 0, size: 4096, wantsSignatures: true };
  const query = queryOf(writeQuery({ questionBytes: question, checkingDisabled: false, extension }, 1));
  expect(query.extension).toEqual({ version: 0, size: 1232, wantsSignatures: true });
  expect([512, 100, 1232, 65_535].map((size) => datagramLimit({ extension: { ...extension, size } }))).toEqual([512, 512, 1232, 1232]);
});

test.each<[string, (bytes: Uint8Array) => Uint8Array, unknown]>([
  ["shorter than a header", (bytes) => bytes.slice(0, 11), { drop: true }],
  ["an answer", (bytes) => patched(bytes, 2, 0x81), { drop: true }],
  ["another kind of operation", (bytes) => patched(bytes, 2, 0x28), { code: responseCodes.notImplemented }],
  ["two questions", (bytes) => patched(bytes, 5, 2), { code: responseCodes.formatError }],
  ["no question", (bytes) => patched(bytes, 5, 0), { code: responseCodes.formatError }],
  ["a question that ends early", (bytes) => bytes.slice(0, -1), { code: responseCodes.formatError }],
  ["a name that points to itself", (bytes) => patched(patched(bytes, 12, 0xc0), 13, 12), { code: responseCodes.formatError }],
  ["a label longer than there may be", (bytes) => patched(bytes, 12, 64), { code: responseCodes.formatError }],
  ["an extension that isn't there", (bytes) => patched(bytes, 11, 1), { code: responseCodes.formatError }],
])("%s is no query", (_, change, expected) => {
  expect(readQuery(change(plain))).toMatchObject(expected as object);
});

test("a dot within a label is not one between labels", () => {
  expect(queryOf(patched(plain, 14, ".".charCodeAt(0))).question.name).toBe("w\\046b.default.svc.cluster.local");
});

test("nothing that arrives makes the reader fail, and what it reads can be answered", () => {
  const mutated = fc
    .tuple(fc.array(fc.tuple(fc.nat(plain.length - 1), fc.nat(255)), { maxLength: 6 }), fc.uint8Array({ maxLength: 30 }))
    .map(([changes, tail]) =>
      changes.reduce<Uint8Array>((bytes, [at, value]) => patched(bytes, at, value), new Uint8Array([...plain, ...tail])),
    );
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), mutated), (bytes) => {
      readAnswer(bytes, question);
      const query = readQuery(bytes);
      if (isRefusal(query)) return;
      const answer: ResourceRecord = { name: query.question.name, ttl: 1, type: "A", address: "10.0.0.1" };
      const read = readAnswer(writeAnswer(query, reply([answer]), 65_535), query.questionBytes);
      expect(read?.answers).toEqual([answer]);
    }),
    { numRuns: 2_000 },
  );
});

function patched(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}
