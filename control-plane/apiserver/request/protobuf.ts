import {
  badRequest,
  type EitherNode,
  type Embedding,
  formatDuration,
  formatMicroTime,
  formatTime,
  type Instant,
  type ObjectNode,
  type SchemaNode,
} from "@kubets/machinery";

/** What a protobuf body is of, and its message. */
export interface ProtobufEnvelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly message: Uint8Array;
}

const magic = [0x6b, 0x38, 0x73, 0x00];

/** Opens the envelope (`k8s\0` and `runtime.Unknown`) in which Kubernetes sends protobuf. Throws `BadRequest` for what is none. */
export function openEnvelope(body: Uint8Array): ProtobufEnvelope {
  if (magic.some((byte, index) => body[index] !== byte)) {
    throw badRequest("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  }
  let apiVersion = "";
  let kind = "";
  let message: Uint8Array = new Uint8Array();
  for (const field of fieldsOf(body.subarray(magic.length))) {
    if (field.number === 1) {
      for (const inner of fieldsOf(bytesOf(field))) {
        if (inner.number === 1) apiVersion = textOf(inner);
        if (inner.number === 2) kind = textOf(inner);
      }
    } else if (field.number === 2) {
      message = bytesOf(field);
    }
  }
  return { apiVersion, kind, message };
}

/**
 * Reads a protobuf message as the JSON value that it stands for, by the field numbers of the schema. Fields that the schema
 * doesn't know are passed over, as upstream does. Throws `BadRequest` for bytes that are no message.
 */
export function readMessage(node: ObjectNode, message: Uint8Array, depth = 0): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  readInto(object, planOf(node), message, depth);
  return object;
}

/** {@link readMessage} of a message in which a field may be known by its very bytes: then it isn't read again. */
export function readMessageKnowing(node: ObjectNode, message: Uint8Array, known: KnownField): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  readInto(object, planOf(node), message, 0, known);
  return object;
}

export interface KnownField {
  readonly name: string;
  readonly valueOf: (bytes: Uint8Array) => object | undefined;
}

function readInto(object: Record<string, unknown>, plan: MessagePlan, message: Uint8Array, depth: number, known?: KnownField): void {
  if (depth > deepest) throw malformed("exceeded max depth");
  for (const field of fieldsOf(message)) {
    const embedded = plan.embedded.get(field.number);
    if (embedded !== undefined) readInto(object, embedded, bytesOf(field), depth + 1);
    const entry = plan.fields.get(field.number);
    if (entry === undefined) continue;
    const { name, node } = entry;
    const value = name === known?.name && node.type === "object" ? known.valueOf(bytesOf(field)) : undefined;
    if (value !== undefined) object[name] = value;
    else if (node.type === "list") object[name] = appended(object[name], field, node.items, depth);
    else if (node.type === "map") object[name] = withEntry(object[name], field, node.values, depth);
    else object[name] = readValue(node, field, depth);
  }
}

const deepest = 200;

/** What stands under which number in a message. */
interface MessagePlan {
  readonly fields: Map<number, { readonly name: string; readonly node: SchemaNode }>;
  /** Messages whose fields are the object's own in JSON. */
  readonly embedded: Map<number, MessagePlan>;
}

const plans = new WeakMap<ObjectNode, MessagePlan>();

function planOf(node: ObjectNode): MessagePlan {
  let plan = plans.get(node);
  if (plan !== undefined) return plan;
  plan = { fields: new Map(), embedded: new Map() };
  plans.set(node, plan);
  for (const [name, { field, schema, embeddedIn, inline }] of Object.entries(node.fields())) {
    // Entries without a number (kind and apiVersion) stand in the envelope.
    if (field === 0) continue;
    if (inline === true && schema.node.type === "object") {
      plan.embedded.set(field, planOf(schema.node));
      continue;
    }
    plansIn(plan, embeddedIn).fields.set(field, { name, node: schema.node });
  }
  return plan;
}

function plansIn(plan: MessagePlan, embeddedIn: Embedding | undefined): MessagePlan {
  if (embeddedIn === undefined) return plan;
  const { embedded } = plansIn(plan, embeddedIn.within);
  let inner = embedded.get(embeddedIn.field);
  if (inner === undefined) {
    inner = { fields: new Map(), embedded: new Map() };
    embedded.set(embeddedIn.field, inner);
  }
  return inner;
}

function readValue(node: SchemaNode, field: WireField, depth: number): unknown {
  switch (node.type) {
    case "object":
      return readMessage(node, bytesOf(field), depth + 1);
    case "string":
      return textOf(field);
    case "bytes":
      return base64Of(bytesOf(field));
    case "boolean":
      return integerOf(field) !== 0;
    case "integer":
      return integerOf(field);
    case "number":
      return doubleOf(field);
    case "quantity":
      return textOf(lastOf(field, 1) ?? emptyField);
    case "time":
      return readTime(field, formatTime);
    case "microTime":
      return readTime(field, formatMicroTime);
    case "duration":
      return formatDuration(longOf(lastOf(field, 1) ?? zeroField));
    case "intOrString":
      return integerOf(lastOf(field, 1) ?? zeroField) === 1
        ? textOf(lastOf(field, 3) ?? emptyField)
        : integerOf(lastOf(field, 2) ?? zeroField);
    case "json":
      return readJson(bytesOf(lastOf(field, 1) ?? emptyField));
    case "either":
      return readEither(node, bytesOf(field), depth + 1);
    // A list or map within another is wrapped in a message of its own.
    case "list":
      return fieldsOf(bytesOf(field)).reduce<unknown[]>(
        (items, item) => (item.number === 1 ? appended(items, item, node.items, depth + 1) : items),
        [],
      );
    case "map":
      return fieldsOf(bytesOf(field)).reduce<unknown>(
        (map, entry) => (entry.number === 1 ? withEntry(map, entry, node.values, depth + 1) : map),
        {},
      );
  }
}

function readEither(node: EitherNode, message: Uint8Array, depth: number): unknown {
  if (depth > deepest) throw malformed("exceeded max depth");
  const other = node.other();
  let value: unknown;
  for (const field of fieldsOf(message)) {
    if (field.number === node.objectField) return readMessage(node.object(), bytesOf(field), depth);
    if (field.number !== node.otherField) continue;
    value = other.type === "list" ? appended(value, field, other.items, depth) : readValue(other, field, depth);
  }
  return value ?? null;
}

function appended(list: unknown, field: WireField, items: SchemaNode, depth: number): unknown[] {
  const all = (list ?? []) as unknown[];
  const isPacked = field.bytes !== undefined && (items.type === "integer" || items.type === "boolean" || items.type === "number");
  if (!isPacked) all.push(readValue(items, field, depth));
  else for (const item of unpack(field.bytes, items.type === "number")) all.push(readValue(items, item, depth));
  return all;
}

function withEntry(map: unknown, field: WireField, values: SchemaNode, depth: number): Record<string, unknown> {
  const all = (map ?? {}) as Record<string, unknown>;
  const key = lastOf(field, 1);
  const value = lastOf(field, 2);
  const name = key === undefined ? "" : textOf(key);
  // `__proto__` is a key like any other.
  Object.defineProperty(all, name, {
    value: value === undefined ? zeroOf(values) : readValue(values, value, depth),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return all;
}

function zeroOf(node: SchemaNode): unknown {
  return node.type === "string" || node.type === "bytes" || node.type === "quantity" ? "" : null;
}

function readTime(field: WireField, format: (instant: Instant) => string): string | null {
  const seconds = integerOf(lastOf(field, 1) ?? zeroField);
  const nanoseconds = integerOf(lastOf(field, 2) ?? zeroField);
  // Go's zero time is an empty message.
  if (seconds === 0 && nanoseconds === 0) return null;
  // Years outside of 0 to 9999 have no form in RFC 3339.
  if (Math.abs(seconds) > 253_402_300_799) throw malformed("time out of range");
  return format((seconds * 1000 + nanoseconds / 1_000_000) as Instant);
}

function readJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return null;
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw badRequest(`invalid JSON in a raw field: ${String(cause)}`, { cause });
  }
}

/** One field as it stands on the wire: a number, or bytes. */
interface WireField {
  readonly number: number;
  readonly varint?: bigint;
  readonly bytes?: Uint8Array;
  /** Whether the bytes are a fixed 32 or 64 bit value. */
  readonly fixed?: boolean;
}

const zeroField: WireField = { number: 0, varint: 0n };
const emptyField: WireField = { number: 0, bytes: new Uint8Array() };
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function fieldsOf(message: Uint8Array): readonly WireField[] {
  const fields: WireField[] = [];
  const at = { offset: 0 };
  while (at.offset < message.length) {
    const tag = Number(readVarint(message, at));
    const number = Math.floor(tag / 8);
    if (number === 0) throw malformed("illegal tag 0");
    switch (tag % 8) {
      case 0:
        fields.push({ number, varint: readVarint(message, at) });
        break;
      case 1:
        fields.push({ number, bytes: take(message, at, 8), fixed: true });
        break;
      case 2:
        fields.push({ number, bytes: take(message, at, Number(readVarint(message, at))) });
        break;
      case 5:
        fields.push({ number, bytes: take(message, at, 4), fixed: true });
        break;
      default:
        throw malformed(`illegal wireType ${tag % 8}`);
    }
  }
  return fields;
}

function readVarint(bytes: Uint8Array, at: { offset: number }): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = bytes[at.offset++];
    if (byte === undefined) throw malformed("unexpected EOF");
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asUintN(64, value);
  }
  throw malformed("integer overflow");
}

function take(bytes: Uint8Array, at: { offset: number }, length: number): Uint8Array {
  if (length > bytes.length - at.offset) throw malformed("unexpected EOF");
  const taken = bytes.subarray(at.offset, at.offset + length);
  at.offset += length;
  return taken;
}

function unpack(bytes: Uint8Array, isDouble: boolean): readonly WireField[] {
  const fields: WireField[] = [];
  const at = { offset: 0 };
  while (at.offset < bytes.length) {
    fields.push(isDouble ? { number: 0, bytes: take(bytes, at, 8), fixed: true } : { number: 0, varint: readVarint(bytes, at) });
  }
  return fields;
}

/** The last field of that number in a nested message: the last one counts. */
function lastOf(field: WireField, number: number): WireField | undefined {
  return fieldsOf(bytesOf(field)).findLast((each) => each.number === number);
}

function bytesOf({ bytes, fixed }: WireField): Uint8Array {
  if (bytes === undefined || fixed === true) throw malformed("wrong wireType");
  return bytes;
}

function textOf(field: WireField): string {
  return decoder.decode(bytesOf(field));
}

function integerOf(field: WireField): number {
  return Number(longOf(field));
}

function longOf({ varint }: WireField): bigint {
  if (varint === undefined) throw malformed("wrong wireType");
  return BigInt.asIntN(64, varint);
}

function doubleOf({ bytes, fixed }: WireField): number {
  if (bytes === undefined || fixed !== true) throw malformed("wrong wireType");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return bytes.length === 8 ? view.getFloat64(0, true) : view.getFloat32(0, true);
}

function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 8192) text += String.fromCharCode(...bytes.subarray(index, index + 8192));
  return btoa(text);
}

function malformed(problem: string): Error {
  return badRequest(`proto: ${problem}`);
}
