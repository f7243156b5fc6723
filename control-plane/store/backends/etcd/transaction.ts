import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Cause } from "@kubets/machinery";
import type { Revision } from "../../store.ts";
import type { Keyspace } from "./keyspace.ts";
import { revisionOf } from "./keyspace.ts";
import type { KV, TxnResponse } from "./messages.ts";

/** A revision at which no key ever is. */
export const neverThere: Revision = -1 as Revision;

export interface GuardedChange {
  /** The key in etcd. */
  readonly name: Uint8Array;
  /** The revision at which it must be; 0: not there. */
  readonly expected: Revision;
  /** Absent for a deletion. */
  readonly value: Uint8Array | undefined;
  readonly cause: Cause;
  readonly lease: bigint;
}

/** What a guarded write came to. */
export interface Written {
  readonly revision: Revision;
  /** Where the key is when it isn't where it was expected. */
  readonly current: Revision | undefined;
  /** The key isn't there, though it was expected to be. */
  readonly missing: boolean;
}

type TxnRequest = MessageInitShape<(typeof KV)["method"]["txn"]["input"]>;

/** Changes a key if it is at the expected revision, and otherwise reads at which it is. */
export function guardedTransaction(keyspace: Keyspace, { name, expected, value, cause, lease }: GuardedChange): TxnRequest {
  const put = (key: Uint8Array, content: Uint8Array): RequestOp => ({
    request: { case: "requestPut", value: { key, value: keyspace.seal(key, { cause, value: content }), lease } },
  });
  const remove: RequestOp = { request: { case: "requestDeleteRange", value: { key: name } } };
  return {
    compare: [{ result: equal, target: modRevision, key: name, targetUnion: { case: "modRevision", value: BigInt(expected) } }],
    // The mark first: events of one revision come in the order of the operations, and the cause must be known when the deletion comes.
    success: value === undefined ? [put(keyspace.mark, nothing), remove] : [put(name, value)],
    failure: [{ request: { case: "requestRange", value: { key: name, keysOnly: true } } }],
  };
}

export function writtenOf({ header, succeeded, responses }: TxnResponse): Written {
  const revision = revisionOf(header?.revision);
  if (succeeded) return { revision, current: undefined, missing: false };
  const response = responses[0]?.response;
  const found = response?.case === "responseRange" ? response.value.kvs[0] : undefined;
  return { revision, current: found === undefined ? undefined : revisionOf(found.modRevision), missing: found === undefined };
}

type RequestOp = NonNullable<TxnRequest["success"]>[number];

const nothing = new Uint8Array(0);
// Values of enumerations of the protocol.
const equal = 0;
const modRevision = 2;
