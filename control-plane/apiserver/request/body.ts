import {
  apiVersionOf,
  badRequest,
  decodeAsKind,
  decodeObject,
  type Kind,
  type KubernetesObject,
  type ObjectNode,
  parseCbor,
  parseJson,
  parseYaml,
  readSpecFrom,
  type Request,
  requestTooLarge,
  type Schema,
  type SchemaNode,
  specSaidBy,
  StatusError,
  type YamlReader,
} from "@kubets/machinery";
import { contentTypeOf, customMediaTypes, type MediaType, type ObjectMediaType, objectMediaTypes } from "./content.ts";
import { openEnvelope, readMessage, readMessageKnowing } from "./protobuf.ts";
import type { FieldValidation } from "./query.ts";

/** Upstream's bound on the bodies of requests: 3 MiB. */
export const longestBody: number = 3 * 1024 * 1024;

/** How deep a body may nest. */
export const deepest = 1000;

/** What is wrong with a body without making it unreadable: fields that are unknown, or there twice. */
export type FieldComplaints = readonly string[];

export interface ReadBody<T> {
  /** In the form in which it is written; defaults are not filled in. */
  readonly object: T;
  readonly complaints: FieldComplaints;
}

/** The bytes of a body. Throws `RequestEntityTooLarge`. */
export function bodyOf({ body }: Request): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body.length > longestBody) throw requestTooLarge(longestBody);
  return body;
}

/** The object in the body of a create or update. Throws `BadRequest` or `UnsupportedMediaType` for what is none of the kind. */
export function readObjectBody<T extends KubernetesObject>(request: Request, kind: Kind<T>, validation: FieldValidation): ReadBody<T> {
  return objectOfBody(request, kind, parseObjectBody(request, kind, validation));
}

/** The first half of {@link readObjectBody}: what the body says, whatever it is of. */
export function parseObjectBody<T extends KubernetesObject>(request: Request, kind: Kind<T>, validation: FieldValidation): ReadValue {
  const mediaType = contentTypeOf(request, kind.values === undefined ? objectMediaTypes : customMediaTypes);
  if (request.value !== undefined) return { value: request.value, complaints: [] };
  const body = bodyOf(request);
  return readRecognized(kind, body, () => {
    if (mediaType === "application/json") return readJson(kind, body, validation);
    return mediaType === "application/vnd.kubernetes.protobuf" ? readProtobuf(kind, body) : readValue(kind, body, mediaType, validation);
  });
}

/** Specs that came before with the same text aren't read again: most bodies repeat one. */
function readJson<T extends KubernetesObject>(kind: Kind<T>, body: Uint8Array, validation: FieldValidation): ReadValue {
  const known = { member: "spec", valueOf: (text: string) => specSaidBy(kind, text) };
  const findDuplicates = validation !== "Ignore";
  const { value, duplicates, memberText } = parseJson(body, { maxDepth: deepest, findDuplicates, known });
  return { value, complaints: duplicates, ...(memberText === undefined ? {} : { specText: memberText }) };
}

/** The same for protobuf, where a spec is known by its bytes. */
function readProtobuf<T extends KubernetesObject>(kind: Kind<T>, body: Uint8Array): ReadValue {
  const { kind: name, apiVersion, message } = openEnvelope(body);
  let specText: string | undefined;
  const valueOf = (bytes: Uint8Array): object | undefined => {
    // No JSON begins like that.
    specText = bytes.length > longestSpec ? undefined : `protobuf ${eachByte.decode(bytes)}`;
    const known = specText === undefined ? undefined : specSaidBy(kind, specText);
    if (known !== undefined) specText = undefined;
    return known;
  };
  const value = { ...readMessageKnowing(nodeOf(kind.schema), message, { name: "spec", valueOf }), kind: name, apiVersion };
  return { value, complaints: [], ...(specText === undefined ? {} : { specText }) };
}

const longestSpec = 16 * 1024;
/** A character for each byte. */
const eachByte = new TextDecoder("latin1");

function nodeOf({ node }: { readonly node: SchemaNode }): ObjectNode {
  if (node.type !== "object") throw new Error("Cannot read protobuf: the schema is not that of an object");
  return node;
}

/** Like {@link parseObjectBody} for a body that is large: what takes long is done elsewhere, if there is an elsewhere. */
export async function parseLargeObjectBody<T extends KubernetesObject>(
  request: Request,
  kind: Kind<T>,
  { validation, readYaml }: { readonly validation: FieldValidation; readonly readYaml: YamlReader | undefined },
): Promise<ReadValue> {
  const body = bodyOf(request);
  if (readYaml === undefined || contentTypeOf(request, objectMediaTypes) !== "application/yaml")
    return parseObjectBody(request, kind, validation);
  try {
    const { value, duplicates } = await readYaml(body, { maxDepth: deepest });
    return { value, complaints: duplicates };
  } catch (error) {
    throw unreadable(kind, body, error);
  }
}

/** The second half: the object that it says. */
export function objectOfBody<T extends KubernetesObject>(
  request: Request,
  kind: Kind<T>,
  { value, complaints, specText }: ReadValue,
): ReadBody<T> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unrecognized(kind, bodyOf(request), notAnObject(value));
  mustBeOfKind(kind, value);
  const decoded = decodeAs(kind, value);
  if (specText !== undefined && decoded.complaints.length === 0) readSpecFrom(specText, decoded.object);
  return { object: identified(kind, decoded.object), complaints: [...decoded.complaints, ...complaints] };
}

/** What a body says, before it is known to be an object of a kind. */
export interface ReadValue {
  readonly value: unknown;
  readonly complaints: FieldComplaints;
  /** What the spec was read from, where nothing in it is there twice. */
  readonly specText?: string;
}

function readValue(
  { schema }: { readonly schema: { readonly node: SchemaNode } },
  body: Uint8Array,
  mediaType: ObjectMediaType,
  validation: FieldValidation,
): ReadValue {
  if (mediaType !== "application/vnd.kubernetes.protobuf") return parseBody(body, mediaType, validation);
  const { kind, apiVersion, message } = openEnvelope(body);
  return { value: { ...readMessage(nodeOf(schema), message), kind, apiVersion }, complaints: [] };
}

/** Any JSON or YAML value in a body. */
export function parseBody(
  body: Uint8Array,
  mediaType: Exclude<MediaType, "application/vnd.kubernetes.protobuf">,
  validation: FieldValidation,
): ReadValue {
  if (mediaType === "application/cbor") return { value: parseCbor(body, { maxDepth: deepest }), complaints: [] };
  if (mediaType === "application/json") {
    const { value, duplicates } = parseJson(body, { maxDepth: deepest, findDuplicates: validation !== "Ignore" });
    return { value, complaints: duplicates };
  }
  const { value, duplicates } = parseYaml(body, { maxDepth: deepest });
  return { value, complaints: duplicates };
}

/** A JSON value as an object of a kind, in upstream's words for what it is not. */
export function decodeAs<T extends KubernetesObject>(kind: Kind<T>, value: unknown): ReadBody<T> {
  try {
    const { object, unknownFields } = decodeAsKind(kind, value, { maxDepth: deepest });
    return { object, complaints: unknownFields };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw badRequest(`${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: ${error.message}`);
  }
}

/** Options in a body, such as DeleteOptions, whose kind may be of any group. */
export function readOptionsBody<T extends { readonly kind?: string }>(request: Request, schema: Schema<T>, kind: string): T {
  const mediaType = contentTypeOf(request, objectMediaTypes);
  const { value } = readValue({ schema }, bodyOf(request), mediaType, "Ignore");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest(`couldn't get version/kind; json parse error: ${notAnObject(value)}`);
  }
  const { object } = decodeObject(schema, value, { maxDepth: deepest });
  if (object.kind !== undefined && object.kind !== "" && object.kind !== kind)
    throw badRequest(`decoded object cannot be converted to ${kind}`);
  return object;
}

/** Refuses, warns or says nothing, as the request's `fieldValidation` asks. */
export function judge(
  complaints: FieldComplaints,
  validation: FieldValidation,
  subject: { readonly warn: (text: string) => void; readonly refuse: (problem: string) => StatusError },
): void {
  if (complaints.length === 0) return;
  switch (validation) {
    case "Ignore":
      return;
    case "Warn":
      for (const complaint of complaints) subject.warn(complaint);
      return;
    case "Strict":
      throw subject.refuse(`strict decoding error: ${complaints.join(", ")}`);
  }
}

/** What `Strict` answers for the body of a create or update. */
export function strictRefusal({ kind, version }: Pick<Kind, "kind" | "version">): (problem: string) => StatusError {
  return (problem) => badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${problem}`);
}

// A body that leaves out what it is, is of the kind of the path.
function mustBeOfKind(
  kind: Kind<never> | Pick<Kind, "group" | "version" | "kind">,
  value: { readonly kind?: unknown; readonly apiVersion?: unknown },
): void {
  const expected = apiVersionOf(kind);
  const { kind: given = "", apiVersion = "" } = value;
  if (typeof given === "string" && given !== "" && given !== kind.kind) {
    const version = typeof apiVersion === "string" ? apiVersion.slice(apiVersion.indexOf("/") + 1) : "";
    throw badRequest(
      `${given} in version ${JSON.stringify(version)} cannot be handled as a ${kind.kind}: no kind ${JSON.stringify(given)} is registered for version ${JSON.stringify(expected)}`,
    );
  }
  if (typeof apiVersion === "string" && apiVersion !== "" && apiVersion !== expected) {
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${expected})`);
  }
}

function identified<T extends KubernetesObject>(kind: Pick<Kind, "group" | "version" | "kind">, object: T): T {
  return object.kind === kind.kind && object.apiVersion !== "" && object.apiVersion !== undefined
    ? object
    : { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) };
}

/** A body that can't even be parsed says nothing of what it is meant to be. */
function readRecognized(kind: Pick<Kind, "kind">, body: Uint8Array, read: () => ReadValue): ReadValue {
  try {
    return read();
  } catch (error) {
    throw unreadable(kind, body, error);
  }
}

function unreadable(kind: Pick<Kind, "kind">, body: Uint8Array, error: unknown): unknown {
  return error instanceof StatusError && error.reason === "BadRequest" ? unrecognized(kind, body, error.message) : error;
}

const shownBytes = 30;

function unrecognized({ kind }: Pick<Kind, "kind">, body: Uint8Array, problem: string): StatusError {
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${problem} (${summaryOf(body)})`,
  );
}

/** The beginning of a body: JSON as it is, anything else in hexadecimal. */
function summaryOf(body: Uint8Array): string {
  if (body.length === 0) return "<empty>";
  const shown = body.subarray(0, shownBytes);
  const text = body[0] === 0x7b ? new TextDecoder().decode(shown) : [...shown].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return body.length > shownBytes ? `${text} ...` : text;
}

function notAnObject(value: unknown): string {
  const into = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;
  return `json: cannot unmarshal ${kindOfValue(value)} into Go value of type ${into}`;
}

function kindOfValue(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}
