import type { Requests } from "./load/load.ts";

const grpc = {
  method: "POST",
  headers: { "content-type": "application/grpc", te: "trailers" },
  expected: 200,
  needsBody: true,
  inFlight: 1,
};

/** Puts of a value under keys that end in the number of the request: etcd's PutRequest { key = 1, value = 2 }. */
export function etcdPut(prefix: string, value: Uint8Array): Requests {
  return {
    ...grpc,
    path: "/etcdserverpb.KV/Put",
    body: framed(bytesField(1, Buffer.from(`${prefix}00000000`)), bytesField(2, value)),
    counter: { offsets: [frameHead + 2 + prefix.length] },
  };
}

/** Reads of a key, or of all that begin with it: etcd's RangeRequest { key = 1, range_end = 2, limit = 3 }. */
export function etcdRange(
  key: string,
  { isPrefix = false, limit = 0 }: { readonly isPrefix?: boolean; readonly limit?: number } = {},
): Requests {
  const end = Buffer.from(key);
  end[end.length - 1]!++;
  return {
    ...grpc,
    path: "/etcdserverpb.KV/Range",
    body: framed(
      bytesField(1, Buffer.from(key)),
      isPrefix ? bytesField(2, end) : Buffer.alloc(0),
      limit === 0 ? Buffer.alloc(0) : Buffer.from([0x18, ...varint(limit)]),
    ),
  };
}

const frameHead = 5;

/** A message in gRPC's frame, in base64. */
function framed(...fields: readonly Uint8Array[]): string {
  const message = Buffer.concat(fields);
  const head = Buffer.alloc(frameHead);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]).toString("base64");
}

function bytesField(number: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(value.length)]), value]);
}

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)];
}
