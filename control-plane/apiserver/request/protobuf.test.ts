import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { allKinds, ConfigMapKind, subresourceKinds } from "@kubets/api";
import { decodeObject, formatCbor, parseCbor, StatusError } from "@kubets/machinery";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startTestServer } from "../testing/test-server.ts";
import { formatProtobuf, hasProtobuf } from "./protobuf-write.ts";
import { openEnvelope, readMessage } from "./protobuf.ts";

const configMap = ConfigMapKind.schema.node;
if (configMap.type !== "object") throw new Error("a kind is an object");

const text = (value: string): readonly number[] => [...new TextEncoder().encode(value)];
const field = (number: number, bytes: readonly number[]): readonly number[] => [number * 8 + 2, bytes.length, ...bytes];
const entry = (key: string, value: string): readonly number[] => [...field(1, text(key)), ...field(2, text(value))];
const envelope = (message: readonly number[]): Uint8Array =>
  new Uint8Array([...text("k8s\0"), ...field(1, [...field(1, text("v1")), ...field(2, text("ConfigMap"))]), ...field(2, message)]);

const message = [...field(1, field(1, text("a"))), ...field(2, entry("x", "1")), ...field(2, entry("y", "2")), 4 * 8, 1];

test("a protobuf body is read by the field numbers of its schema", async () => {
  await using world = await startTestServer();
  const headers = { "content-type": "application/vnd.kubernetes.protobuf", accept: "application/vnd.kubernetes.protobuf,application/json" };
  const answer = await world.send("POST", "/api/v1/namespaces/default/configmaps", { headers, body: envelope(message) });
  expect(answer).toMatchObject({ status: 201, headers: { "content-type": "application/vnd.kubernetes.protobuf" } });
  expect((await world.send("GET", "/api/v1/namespaces/default/configmaps/a")).json).toMatchObject({
    kind: "ConfigMap",
    metadata: { name: "a" },
    immutable: true,
    data: { x: "1", y: "2" },
  });
});

test("fields that nobody knows are passed over, and the last of a field counts", () => {
  const more = [...message, ...field(15, text("new")), 14 * 8, 0x96, 0x01, 13 * 8 + 5, 1, 2, 3, 4, 4 * 8, 0];
  expect(readMessage(configMap, new Uint8Array(more))).toEqual({ metadata: { name: "a" }, data: { x: "1", y: "2" }, immutable: false });
});

test("no bytes do more harm than to be refused", () => {
  const whole = envelope(message);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(whole.length), (noise, at) => {
      for (const bytes of [noise, whole.subarray(0, at), new Uint8Array([...whole.subarray(0, at), ...noise, ...whole.subarray(at)])]) {
        try {
          readMessage(configMap, openEnvelope(bytes).message);
        } catch (error) {
          expect(error).toBeInstanceOf(StatusError);
        }
      }
    }),
  );
});

// Upstream's facts may lie beside the checkout.
const roundtrip = join(import.meta.dirname, "../../../../shared/api/roundtrip");

describe.skipIf(!existsSync(roundtrip))("beside upstream's filled objects (../shared/api)", () => {
  const files = [...allKinds, ...subresourceKinds].map((kind) => ({
    kind,
    file: join(
      roundtrip,
      kind.group === "apiextensions.k8s.io" ? "apiextensions" : "api",
      `${kind.group === "" ? "core" : kind.group}.${kind.version}.${kind.kind}`,
    ),
  }));

  test.each(files.filter(({ file }) => existsSync(`${file}.pb`)).map(({ kind, file }) => [kind.kind, kind, file] as const))(
    "%s reads the same from protobuf and from JSON",
    (_name, kind, file) => {
      const { node } = kind.schema;
      if (node.type !== "object") throw new Error("a kind is an object");
      const { message: bytes, ...identity } = openEnvelope(readFileSync(`${file}.pb`));
      const fromProtobuf = decodeObject(kind.schema, { ...readMessage(node, bytes), ...identity });
      expect(fromProtobuf).toEqual(decodeObject(kind.schema, JSON.parse(readFileSync(`${file}.json`, "utf8"))));
    },
  );

  const present = files.filter(({ file }) => existsSync(`${file}.pb`)).map(({ kind, file }) => [kind.kind, kind, file] as const);

  test.each(present)("%s is written as protobuf byte by byte as upstream writes it", (_name, kind, file) => {
    const { node } = kind.schema;
    if (node.type !== "object") throw new Error("a kind is an object");
    const bytes = new Uint8Array(readFileSync(`${file}.pb`));
    const { message: read, ...identity } = openEnvelope(bytes);
    const { object } = decodeObject(kind.schema, { ...readMessage(node, read), ...identity });
    expect(hasProtobuf(kind)).toBe(true);
    expect(hex(formatProtobuf(node, object, identity))).toBe(hex(bytes));
    const fromJson = decodeObject(kind.schema, JSON.parse(readFileSync(`${file}.json`, "utf8"))).object;
    expect(hex(formatProtobuf(node, fromJson, identity))).toBe(hex(bytes));
  });

  test.each(present)("%s is the same after a way through CBOR", (_name, kind, file) => {
    const given: unknown = JSON.parse(readFileSync(`${file}.json`, "utf8"));
    const bytes = formatCbor(given);
    const { object } = decodeObject(kind.schema, parseCbor(bytes));
    expect(object).toEqual(given);
    expect(hex(formatCbor(object))).toBe(hex(bytes));
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
