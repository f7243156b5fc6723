import type { Message } from "@bufbuild/protobuf";
import { create, createFileRegistry } from "@bufbuild/protobuf";
import type { GenMessage, GenService } from "@bufbuild/protobuf/codegenv2";
import type { FieldDescriptorProto } from "@bufbuild/protobuf/wkt";
import {
  DescriptorProtoSchema,
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  MethodDescriptorProtoSchema,
  OneofDescriptorProtoSchema,
  ServiceDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

/**
 * The part of the etcd v3 protocol that the store speaks: field numbers and types as tables, from which the descriptors are made.
 * Enumerations are declared as int32, which is the same on the wire. Fields that are not listed are skipped when read.
 */

type FieldType = "bytes" | "string" | "bool" | "int32" | "int64" | "uint64" | `.${string}`;
type Field = readonly [number: number, type: FieldType, label?: "repeated" | `oneof ${string}`];

const etcdserverpb: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ResponseHeader: { revision: [3, "int64"] },
  RangeRequest: {
    key: [1, "bytes"],
    range_end: [2, "bytes"],
    limit: [3, "int64"],
    revision: [4, "int64"],
    keys_only: [8, "bool"],
    count_only: [9, "bool"],
  },
  RangeResponse: { header: [1, ".etcdserverpb.ResponseHeader"], kvs: [2, ".mvccpb.KeyValue", "repeated"], count: [4, "int64"] },
  PutRequest: { key: [1, "bytes"], value: [2, "bytes"], lease: [3, "int64"] },
  PutResponse: { header: [1, ".etcdserverpb.ResponseHeader"] },
  DeleteRangeRequest: { key: [1, "bytes"] },
  DeleteRangeResponse: { header: [1, ".etcdserverpb.ResponseHeader"], deleted: [2, "int64"] },
  RequestOp: {
    request_range: [1, ".etcdserverpb.RangeRequest", "oneof request"],
    request_put: [2, ".etcdserverpb.PutRequest", "oneof request"],
    request_delete_range: [3, ".etcdserverpb.DeleteRangeRequest", "oneof request"],
  },
  ResponseOp: {
    response_range: [1, ".etcdserverpb.RangeResponse", "oneof response"],
    response_put: [2, ".etcdserverpb.PutResponse", "oneof response"],
    response_delete_range: [3, ".etcdserverpb.DeleteRangeResponse", "oneof response"],
  },
  Compare: { result: [1, "int32"], target: [2, "int32"], key: [3, "bytes"], mod_revision: [6, "int64", "oneof target_union"] },
  TxnRequest: {
    compare: [1, ".etcdserverpb.Compare", "repeated"],
    success: [2, ".etcdserverpb.RequestOp", "repeated"],
    failure: [3, ".etcdserverpb.RequestOp", "repeated"],
  },
  TxnResponse: {
    header: [1, ".etcdserverpb.ResponseHeader"],
    succeeded: [2, "bool"],
    responses: [3, ".etcdserverpb.ResponseOp", "repeated"],
  },
  CompactionRequest: { revision: [1, "int64"] },
  CompactionResponse: { header: [1, ".etcdserverpb.ResponseHeader"] },
  WatchRequest: { create_request: [1, ".etcdserverpb.WatchCreateRequest", "oneof request_union"] },
  WatchCreateRequest: {
    key: [1, "bytes"],
    range_end: [2, "bytes"],
    start_revision: [3, "int64"],
    progress_notify: [4, "bool"],
    prev_kv: [6, "bool"],
  },
  WatchResponse: {
    header: [1, ".etcdserverpb.ResponseHeader"],
    created: [3, "bool"],
    canceled: [4, "bool"],
    compact_revision: [5, "int64"],
    cancel_reason: [6, "string"],
    events: [11, ".mvccpb.Event", "repeated"],
  },
  LeaseGrantRequest: { TTL: [1, "int64"], ID: [2, "int64"] },
  LeaseGrantResponse: { header: [1, ".etcdserverpb.ResponseHeader"], ID: [2, "int64"], TTL: [3, "int64"], error: [4, "string"] },
};

const mvccpb: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  KeyValue: {
    key: [1, "bytes"],
    create_revision: [2, "int64"],
    mod_revision: [3, "int64"],
    version: [4, "int64"],
    value: [5, "bytes"],
    lease: [6, "int64"],
  },
  Event: { type: [1, "int32"], kv: [2, ".mvccpb.KeyValue"], prev_kv: [3, ".mvccpb.KeyValue"] },
};

type Methods = Readonly<Record<string, readonly [request: string, response: string, streaming?: "bidi"]>>;

const services: Readonly<Record<string, Methods>> = {
  KV: {
    Range: ["RangeRequest", "RangeResponse"],
    Put: ["PutRequest", "PutResponse"],
    Txn: ["TxnRequest", "TxnResponse"],
    Compact: ["CompactionRequest", "CompactionResponse"],
  },
  Watch: { Watch: ["WatchRequest", "WatchResponse", "bidi"] },
  Lease: { LeaseGrant: ["LeaseGrantRequest", "LeaseGrantResponse"] },
};

const scalars: Readonly<Record<string, FieldDescriptorProto_Type>> = {
  bytes: FieldDescriptorProto_Type.BYTES,
  string: FieldDescriptorProto_Type.STRING,
  bool: FieldDescriptorProto_Type.BOOL,
  int32: FieldDescriptorProto_Type.INT32,
  int64: FieldDescriptorProto_Type.INT64,
  uint64: FieldDescriptorProto_Type.UINT64,
};

function messageOf(name: string, fields: Readonly<Record<string, Field>>): ReturnType<typeof create<typeof DescriptorProtoSchema>> {
  const oneofs = [...new Set(Object.values(fields).flatMap(([, , label]) => (label?.startsWith("oneof ") ? [label.slice(6)] : [])))];
  return create(DescriptorProtoSchema, {
    name,
    oneofDecl: oneofs.map((oneof) => create(OneofDescriptorProtoSchema, { name: oneof })),
    field: Object.entries(fields).map(([field, definition]) => fieldOf(field, definition, oneofs)),
  });
}

function fieldOf(name: string, [number, type, label]: Field, oneofs: readonly string[]): FieldDescriptorProto {
  return create(FieldDescriptorProtoSchema, {
    name,
    number,
    label: label === "repeated" ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
    ...(type.startsWith(".") ? { type: FieldDescriptorProto_Type.MESSAGE, typeName: type } : { type: scalars[type]! }),
    ...(label?.startsWith("oneof ") ? { oneofIndex: oneofs.indexOf(label.slice(6)) } : {}),
  });
}

const registry = createFileRegistry(
  create(FileDescriptorSetSchema, {
    file: [
      create(FileDescriptorProtoSchema, {
        name: "kv.proto",
        package: "mvccpb",
        syntax: "proto3",
        messageType: Object.entries(mvccpb).map(([name, fields]) => messageOf(name, fields)),
      }),
      create(FileDescriptorProtoSchema, {
        name: "rpc.proto",
        package: "etcdserverpb",
        syntax: "proto3",
        dependency: ["kv.proto"],
        messageType: Object.entries(etcdserverpb).map(([name, fields]) => messageOf(name, fields)),
        service: Object.entries(services).map(([name, methods]) =>
          create(ServiceDescriptorProtoSchema, {
            name,
            method: Object.entries(methods).map(([method, [input, output, streaming]]) =>
              create(MethodDescriptorProtoSchema, {
                name: method,
                inputType: `.etcdserverpb.${input}`,
                outputType: `.etcdserverpb.${output}`,
                clientStreaming: streaming === "bidi",
                serverStreaming: streaming === "bidi",
              }),
            ),
          }),
        ),
      }),
    ],
  }),
);

// The types of the messages, as the tables above make them.

export interface KeyValue extends Message<"mvccpb.KeyValue"> {
  key: Uint8Array;
  createRevision: bigint;
  modRevision: bigint;
  value: Uint8Array;
  lease: bigint;
}
export interface Event extends Message<"mvccpb.Event"> {
  /** 0 is a put, 1 a deletion. */
  type: number;
  kv?: KeyValue;
  prevKv?: KeyValue;
}
interface ResponseHeader extends Message<"etcdserverpb.ResponseHeader"> {
  revision: bigint;
}
interface RangeRequest extends Message<"etcdserverpb.RangeRequest"> {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  limit: bigint;
  revision: bigint;
  keysOnly: boolean;
  countOnly: boolean;
}
export interface RangeResponse extends Message<"etcdserverpb.RangeResponse"> {
  header?: ResponseHeader;
  kvs: KeyValue[];
  count: bigint;
}
interface PutRequest extends Message<"etcdserverpb.PutRequest"> {
  key: Uint8Array;
  value: Uint8Array;
  lease: bigint;
}
interface PutResponse extends Message<"etcdserverpb.PutResponse"> {
  header?: ResponseHeader;
}
interface DeleteRangeRequest extends Message<"etcdserverpb.DeleteRangeRequest"> {
  key: Uint8Array;
}
interface DeleteRangeResponse extends Message<"etcdserverpb.DeleteRangeResponse"> {
  deleted: bigint;
}
export interface RequestOp extends Message<"etcdserverpb.RequestOp"> {
  request:
    | { case: "requestRange"; value: RangeRequest }
    | { case: "requestPut"; value: PutRequest }
    | { case: "requestDeleteRange"; value: DeleteRangeRequest }
    | { case: undefined; value?: undefined };
}
interface ResponseOp extends Message<"etcdserverpb.ResponseOp"> {
  response:
    | { case: "responseRange"; value: RangeResponse }
    | { case: "responsePut"; value: PutResponse }
    | { case: "responseDeleteRange"; value: DeleteRangeResponse }
    | { case: undefined; value?: undefined };
}
interface Compare extends Message<"etcdserverpb.Compare"> {
  /** 0 is equal. */
  result: number;
  /** 2 is the revision of the last write. */
  target: number;
  key: Uint8Array;
  targetUnion: { case: "modRevision"; value: bigint } | { case: undefined; value?: undefined };
}
interface TxnRequest extends Message<"etcdserverpb.TxnRequest"> {
  compare: Compare[];
  success: RequestOp[];
  failure: RequestOp[];
}
export interface TxnResponse extends Message<"etcdserverpb.TxnResponse"> {
  header?: ResponseHeader;
  succeeded: boolean;
  responses: ResponseOp[];
}
interface CompactionRequest extends Message<"etcdserverpb.CompactionRequest"> {
  revision: bigint;
}
interface CompactionResponse extends Message<"etcdserverpb.CompactionResponse"> {
  header?: ResponseHeader;
}
interface WatchCreateRequest extends Message<"etcdserverpb.WatchCreateRequest"> {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  startRevision: bigint;
  progressNotify: boolean;
  prevKv: boolean;
}
interface WatchRequest extends Message<"etcdserverpb.WatchRequest"> {
  requestUnion: { case: "createRequest"; value: WatchCreateRequest } | { case: undefined; value?: undefined };
}
export interface WatchResponse extends Message<"etcdserverpb.WatchResponse"> {
  header?: ResponseHeader;
  created: boolean;
  canceled: boolean;
  compactRevision: bigint;
  cancelReason: string;
  events: Event[];
}
interface LeaseGrantRequest extends Message<"etcdserverpb.LeaseGrantRequest"> {
  TTL: bigint;
  ID: bigint;
}
interface LeaseGrantResponse extends Message<"etcdserverpb.LeaseGrantResponse"> {
  ID: bigint;
  TTL: bigint;
  error: string;
}

type Unary<Request extends Message, Response extends Message> = {
  methodKind: "unary";
  input: GenMessage<Request>;
  output: GenMessage<Response>;
};

// What the registry makes has exactly the members that the types say; only the compiler can't see it.
const serviceOf = (name: string): unknown => registry.getService(`etcdserverpb.${name}`);

export type KvService = GenService<{
  range: Unary<RangeRequest, RangeResponse>;
  put: Unary<PutRequest, PutResponse>;
  txn: Unary<TxnRequest, TxnResponse>;
  compact: Unary<CompactionRequest, CompactionResponse>;
}>;
export const KV: KvService = serviceOf("KV") as KvService;

export type WatchService = GenService<{
  watch: { methodKind: "bidi_streaming"; input: GenMessage<WatchRequest>; output: GenMessage<WatchResponse> };
}>;
export const Watch: WatchService = serviceOf("Watch") as WatchService;

export type LeaseService = GenService<{ leaseGrant: Unary<LeaseGrantRequest, LeaseGrantResponse> }>;
export const Lease: LeaseService = serviceOf("Lease") as LeaseService;
