import {
  apiVersionOf,
  type EitherNode,
  type Embedding,
  type Kind,
  type ObjectNode,
  parseDuration,
  parseTime,
  type SchemaNode,
} from "@kubets/machinery";
import { ProtobufBytes } from "./protobuf-bytes.ts";

/**
 * Whether objects of the kind can be written as protobuf: all of their fields have numbers. Those of custom resources have none.
 */
export function hasProtobuf({
  schema: { node },
  values,
}: {
  readonly schema: { readonly node: SchemaNode };
  readonly values?: unknown;
}): boolean {
  if (node.type !== "object" || values !== undefined) return false;
  let known = numbered.get(node);
  if (known === undefined) {
    known = Object.entries(node.fields()).every(([name, { field }]) => field > 0 || name === "kind" || name === "apiVersion");
    numbered.set(node, known);
  }
  return known;
}

// Asked with every request.
const numbered = new WeakMap<SchemaNode, boolean>();

/** What a message is of, as its envelope says. */
export interface MessageType {
  readonly apiVersion: string;
  readonly kind: string;
}

const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);

// One for all: nothing is awaited while something is written.
const shared = new ProtobufBytes();

/** The object as upstream writes it, in its envelope: `k8s\0`, then `runtime.Unknown` around the message. */
export function formatProtobuf(node: ObjectNode, object: object, type: MessageType): Uint8Array {
  return written((out) => {
    writeEnvelopeEnd(out);
    nested(out, 2, () => writeMessage(node, object, out));
    writeEnvelopeStart(out, type);
  });
}

/** The message of an object without its envelope, as it stands in a list. */
export function formatMessage(node: ObjectNode, object: object): Uint8Array {
  return written((out) => writeMessage(node, object, out));
}

/** A message in its envelope. */
export function enveloped(message: Uint8Array, type: MessageType): Uint8Array {
  return written((out) => {
    writeEnvelopeEnd(out);
    nested(out, 2, () => out.bytes(message));
    writeEnvelopeStart(out, type);
  });
}

/** What stands before and after a message of so many bytes in its envelope. */
export function envelopeAround(messageLength: number, type: MessageType): { readonly head: Uint8Array; readonly tail: Uint8Array } {
  return {
    head: written((out) => {
      out.varint(messageLength);
      out.tag(2, 2);
      writeEnvelopeStart(out, type);
    }),
    tail: written(writeEnvelopeEnd),
  };
}

/** A field that holds bytes of that length: what stands before them. */
export function fieldHead(field: number, length: number): Uint8Array {
  return written((out) => {
    out.varint(length);
    out.tag(field, 2);
  });
}

/** A `WatchEvent` around an object in its envelope, behind its length in four bytes. */
export function watchFrame(type: string, object: Uint8Array): Uint8Array {
  return written((out) => {
    nested(out, 2, () => {
      nested(out, 1, () => out.bytes(object));
    });
    nested(out, 1, () => out.text(type));
    const { length } = out;
    out.bytes(Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length));
  });
}

function written(write: (out: ProtobufBytes) => void): Uint8Array {
  try {
    write(shared);
    return shared.take();
  } finally {
    shared.reset();
  }
}

function writeEnvelopeStart(out: ProtobufBytes, { apiVersion, kind }: MessageType): void {
  nested(out, 1, () => {
    nested(out, 2, () => out.text(kind));
    nested(out, 1, () => out.text(apiVersion));
  });
  out.bytes(magic);
}

/** Content encoding and type, which are always written and always empty. */
function writeEnvelopeEnd(out: ProtobufBytes): void {
  for (const field of [4, 3]) nested(out, field, () => {});
}

/** A field with its length; the content is written first, since everything is written backwards. */
function nested(out: ProtobufBytes, field: number, content: () => void): void {
  const before = out.length;
  content();
  out.varint(out.length - before);
  out.tag(field, 2);
}

type JsonObject = Readonly<Record<string, unknown>>;
type Writer = (value: unknown, out: ProtobufBytes) => void;

interface FieldPlan {
  readonly number: number;
  /** Writes the field of the object that holds it, with its tag. */
  readonly write: (object: JsonObject, out: ProtobufBytes) => void;
}

const plans = new WeakMap<ObjectNode, readonly FieldPlan[]>();

/** The fields of a message, the highest number first. */
function planOf(node: ObjectNode): readonly FieldPlan[] {
  let plan = plans.get(node);
  if (plan !== undefined) return plan;
  const root: FieldGroup = { fields: [], embedded: new Map() };
  for (const [name, { field, schema, presence, embeddedIn, inline }] of Object.entries(node.fields())) {
    // Entries without a number (kind and apiVersion) stand in the envelope.
    if (field === 0) continue;
    const inner = schema.node;
    if (inline === true && inner.type === "object") {
      root.fields.push({ number: field, write: (object, out) => nested(out, field, () => writeMessage(inner, object, out)) });
    } else groupOf(root, embeddedIn).fields.push({ number: field, write: fieldWriter(name, field, inner, presence === "pointer") });
  }
  plan = planOfGroup(root);
  plans.set(node, plan);
  return plan;
}

/** The fields of one message, and the messages in it whose fields are the object's own in JSON. */
interface FieldGroup {
  readonly fields: FieldPlan[];
  readonly embedded: Map<number, FieldGroup>;
}

function groupOf(root: FieldGroup, embeddedIn: Embedding | undefined): FieldGroup {
  if (embeddedIn === undefined) return root;
  const { embedded } = groupOf(root, embeddedIn.within);
  let group = embedded.get(embeddedIn.field);
  if (group === undefined) embedded.set(embeddedIn.field, (group = { fields: [], embedded: new Map() }));
  return group;
}

function planOfGroup({ fields, embedded }: FieldGroup): readonly FieldPlan[] {
  const messages = [...embedded].map(([number, group]): FieldPlan => {
    const inner = planOfGroup(group);
    return {
      number,
      write: (object, out) =>
        nested(out, number, () => {
          for (const entry of inner) entry.write(object, out);
        }),
    };
  });
  return [...fields, ...messages].sort((a, b) => b.number - a.number);
}

function writeMessage(node: ObjectNode, object: object, out: ProtobufBytes): void {
  for (const field of planOf(node)) field.write(object as JsonObject, out);
}

function fieldWriter(name: string, number: number, node: SchemaNode, isPointer: boolean): FieldPlan["write"] {
  if (node.type === "list") {
    const write = valueWriter(node.items, number);
    return (object, out) => writeList(object[name], write, out);
  }
  if (node.type === "map") {
    const write = valueWriter(node.values, 2);
    return (object, out) => writeMap(object[name], number, write, out);
  }
  const write = valueWriter(node, number);
  // What is no pointer is written also when it is not there, as Go's zero. Only byte slices can be nil.
  const isOptional = isPointer || node.type === "bytes";
  return (object, out) => {
    const value = object[name];
    if (value !== undefined && value !== null) write(value, out);
    else if (!isOptional) write(undefined, out);
  };
}

/** A message with a field for each form. A flag among them is set for the other form as well: the schema of a field says that there may be such. */
function eitherWriter(node: EitherNode): Writer {
  const other = node.other();
  const writeOther = other.type === "list" ? undefined : valueWriter(other, node.otherField);
  return (value, out) => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      nested(out, node.objectField, () => writeMessage(node.object(), value, out));
      if (other.type === "boolean") writeOther!(true, out);
    } else if (other.type === "list") writeList(value, valueWriter(other.items, node.otherField), out);
    else writeOther!(value, out);
  };
}

function writeList(list: unknown, write: Writer, out: ProtobufBytes): void {
  if (!Array.isArray(list)) return;
  for (let index = list.length - 1; index >= 0; index--) write(list[index] ?? undefined, out);
}

function writeMap(map: unknown, number: number, write: Writer, out: ProtobufBytes): void {
  if (typeof map !== "object" || map === null) return;
  const keys = Object.keys(map).sort().reverse();
  for (const key of keys) {
    nested(out, number, () => {
      write((map as JsonObject)[key] ?? undefined, out);
      nested(out, 1, () => out.text(key));
    });
  }
}

/** Writes a value with its tag; `undefined` stands for Go's zero. */
function valueWriter(node: SchemaNode, number: number): Writer {
  switch (node.type) {
    case "integer":
      return (value, out) => {
        out.signed((value as number | undefined) ?? 0);
        out.tag(number, 0);
      };
    case "boolean":
      return (value, out) => {
        out.varint(value === true ? 1 : 0);
        out.tag(number, 0);
      };
    case "number":
      return (value, out) => {
        out.double((value as number | undefined) ?? 0);
        out.tag(number, 1);
      };
    default: {
      const write = contentWriter(node);
      return (value, out) => {
        const before = out.length;
        write(value, out);
        out.varint(out.length - before);
        out.tag(number, 2);
      };
    }
  }
}

/** Writes what stands behind the length of a value. */
function contentWriter(node: SchemaNode): Writer {
  switch (node.type) {
    case "object":
      return (value, out) => writeMessage(node, (value as object | undefined) ?? {}, out);
    case "bytes":
      return (value, out) => out.bytes(bytesOf(value));
    case "quantity":
      return (value, out) => nested(out, 1, () => out.text((value as string | undefined) ?? "0"));
    case "time":
    case "microTime":
      return (value, out) => {
        if (typeof value === "string") writeTime(value, out);
      };
    case "duration":
      return (value, out) => {
        out.signed(typeof value === "string" ? (parseDuration(value) ?? 0n) : 0n);
        out.tag(1, 0);
      };
    case "intOrString":
      return writeIntOrString;
    case "json":
      return (value, out) => {
        if (value !== undefined) nested(out, 1, () => out.text(JSON.stringify(value)));
      };
    case "either":
      return eitherWriter(node);
    // A list or map within another is wrapped in a message of its own.
    case "list": {
      const write = valueWriter(node.items, 1);
      return (value, out) => writeList(value, write, out);
    }
    case "map": {
      const write = valueWriter(node.values, 2);
      return (value, out) => writeMap(value, 1, write, out);
    }
    default:
      return (value, out) => out.text((value as string | undefined) ?? "");
  }
}

function writeTime(text: string, out: ProtobufBytes): void {
  const milliseconds = parseTime(text) ?? 0;
  const seconds = Math.floor(milliseconds / 1000);
  // The text has microseconds that a number of milliseconds can't hold exactly.
  const fraction = /\.(\d{1,9})/.exec(text)?.[1] ?? "";
  out.varint(fraction === "" ? 0 : Number(fraction.padEnd(9, "0")));
  out.tag(2, 0);
  out.signed(seconds);
  out.tag(1, 0);
}

function writeIntOrString(value: unknown, out: ProtobufBytes): void {
  const isText = typeof value === "string";
  nested(out, 3, () => out.text(isText ? value : ""));
  out.signed(typeof value === "number" ? value : 0);
  out.tag(2, 0);
  out.varint(isText ? 1 : 0);
  out.tag(1, 0);
}

function bytesOf(value: unknown): Uint8Array {
  const binary = atob(typeof value === "string" ? value : "");
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** The envelope's words for an object of a kind. */
export function typeOf(kind: Pick<Kind, "group" | "version" | "kind">): MessageType {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind };
}
