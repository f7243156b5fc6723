import { create, createFileRegistry } from "@bufbuild/protobuf";
import type { DescMessage, DescMethod } from "@bufbuild/protobuf";
import type { DescriptorProto, FieldDescriptorProto } from "@bufbuild/protobuf/wkt";
import {
  DescriptorProtoSchema,
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  MessageOptionsSchema,
  MethodDescriptorProtoSchema,
  ServiceDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

/**
 * gRPC services out of tables: a message is its fields, a field its number and type. Descriptors and TypeScript types both follow
 * from the table. Enumerations are declared as int32, which is the same on the wire; fields that are not listed are skipped when read.
 */

type ScalarTypes = {
  string: string;
  bool: boolean;
  bytes: Uint8Array;
  int32: number;
  uint32: number;
  int64: bigint;
  uint64: bigint;
};
/** `map` is a map of strings to strings; any other type is the name of a message of the same table. */
export type Field = readonly [number: number, type: string, label?: "repeated"];
export type Messages = Readonly<Record<string, Readonly<Record<string, Field>>>>;
export type Methods = Readonly<Record<string, readonly [request: string, response: string, streaming?: "stream"]>>;

/** A message as it is read: scalars have their zero, messages may be absent. */
export type Read<Table extends Messages, Name extends keyof Table> = {
  readonly [Key in keyof Table[Name]]: Table[Name][Key] extends readonly [number, infer Type extends string, "repeated"]
    ? readonly ReadOne<Table, Type>[]
    : Table[Name][Key] extends readonly [number, infer Type extends string]
      ? Type extends keyof ScalarTypes | "map"
        ? ReadOne<Table, Type>
        : ReadOne<Table, Type> | undefined
      : never;
};
type ReadOne<Table extends Messages, Type extends string> = Type extends keyof ScalarTypes
  ? ScalarTypes[Type]
  : Type extends "map"
    ? Readonly<Record<string, string>>
    : Type extends keyof Table
      ? Read<Table, Type>
      : never;

/** A message to be written: everything may be left out. */
export type Write<Table extends Messages, Name extends keyof Table> = {
  readonly [Key in keyof Table[Name]]?: Table[Name][Key] extends readonly [number, infer Type extends string, "repeated"]
    ? readonly WriteOne<Table, Type>[]
    : Table[Name][Key] extends readonly [number, infer Type extends string]
      ? WriteOne<Table, Type> | undefined
      : never;
};
type WriteOne<Table extends Messages, Type extends string> = Type extends keyof ScalarTypes
  ? ScalarTypes[Type]
  : Type extends "map"
    ? Readonly<Record<string, string>>
    : Type extends keyof Table
      ? Write<Table, Type>
      : never;

/** The services of a package; `method` answers what a transport needs to make a call. */
export interface Protocol {
  method(service: string, name: string): DescMethod;
  messageTypeOf(name: string): DescMessage;
}

export function protocol(
  packageName: string,
  { messages, services }: { readonly messages: Messages; readonly services: Readonly<Record<string, Methods>> },
): Protocol {
  const fullName = (name: string): string => `.${packageName}.${name}`;
  const file = create(FileDescriptorProtoSchema, {
    name: `${packageName}.proto`,
    package: packageName,
    syntax: "proto3",
    messageType: Object.entries(messages).map(([name, fields]) => messageType(name, fields, fullName)),
    service: Object.entries(services).map(([name, methods]) =>
      create(ServiceDescriptorProtoSchema, {
        name,
        method: Object.entries(methods).map(([method, [request, response, streaming]]) =>
          create(MethodDescriptorProtoSchema, {
            name: method,
            inputType: fullName(request),
            outputType: fullName(response),
            serverStreaming: streaming === "stream",
          }),
        ),
      }),
    ),
  });
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }));
  return {
    method(service, name) {
      const found = registry.getService(`${packageName}.${service}`)?.methods.find((method) => method.name === name);
      if (found === undefined) throw new RangeError(`Cannot call ${packageName}.${service}/${name}: it is not in the table`);
      return found;
    },
    messageTypeOf(name) {
      const found = registry.getMessage(`${packageName}.${name}`);
      if (found === undefined) throw new RangeError(`Cannot read a ${packageName}.${name}: it is not in the table`);
      return found;
    },
  };
}

const scalars: Readonly<Record<keyof ScalarTypes, FieldDescriptorProto_Type>> = {
  string: FieldDescriptorProto_Type.STRING,
  bool: FieldDescriptorProto_Type.BOOL,
  bytes: FieldDescriptorProto_Type.BYTES,
  int32: FieldDescriptorProto_Type.INT32,
  uint32: FieldDescriptorProto_Type.UINT32,
  int64: FieldDescriptorProto_Type.INT64,
  uint64: FieldDescriptorProto_Type.UINT64,
};

function messageType(name: string, fields: Readonly<Record<string, Field>>, fullName: (name: string) => string): DescriptorProto {
  const maps = Object.entries(fields).filter(([, [, type]]) => type === "map");
  return create(DescriptorProtoSchema, {
    name,
    nestedType: maps.map(([field]) => mapEntry(field)),
    field: Object.entries(fields).map(([field, definition]) => fieldOf(field, definition, { message: fullName(name), fullName })),
  });
}

function fieldOf(
  name: string,
  [number, type, label]: Field,
  { message, fullName }: { readonly message: string; readonly fullName: (name: string) => string },
): FieldDescriptorProto {
  const isRepeated = label === "repeated" || type === "map";
  return create(FieldDescriptorProtoSchema, {
    name,
    number,
    label: isRepeated ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
    ...(type in scalars
      ? { type: scalars[type as keyof ScalarTypes] }
      : { type: FieldDescriptorProto_Type.MESSAGE, typeName: type === "map" ? `${message}.${entryName(name)}` : fullName(type) }),
  });
}

// A map is a repeated message of key and value on the wire.
function mapEntry(field: string): DescriptorProto {
  const text = (name: string, number: number): FieldDescriptorProto =>
    create(FieldDescriptorProtoSchema, {
      name,
      number,
      label: FieldDescriptorProto_Label.OPTIONAL,
      type: FieldDescriptorProto_Type.STRING,
    });
  return create(DescriptorProtoSchema, {
    name: entryName(field),
    field: [text("key", 1), text("value", 2)],
    options: create(MessageOptionsSchema, { mapEntry: true }),
  });
}

function entryName(field: string): string {
  return `${field.charAt(0).toUpperCase()}${field.slice(1)}Entry`;
}
