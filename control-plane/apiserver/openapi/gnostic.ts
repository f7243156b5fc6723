import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Steps } from "@kubets/machinery";
import { concat } from "../registry/encoding/concat.ts";
import type { DocumentV2, Entries, Json } from "./documents.ts";
import { piecesIn } from "./json-document.ts";

/**
 * An OpenAPI v2 document in the protobuf form of gnostic (`openapi.v2`, google/gnostic), which kubectl asks for. Numbers of
 * fields stand beside their names; only what our documents contain is written.
 */
export function* encodeGnostic(document: DocumentV2): Steps<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (const [name, value] of document) {
    const member = members[name]!;
    if ("write" in member) chunks.push(written((writer) => member.write(writer, member.number, value)));
    else chunks.push(...(yield* largeMember(value as Entries, member)));
  }
  return concat(chunks);
}

type Member =
  | { readonly number: number; readonly write: (writer: BinaryWriter, number: number, value: unknown) => void }
  /** Is written entry by entry, each under a number of its own. */
  | { readonly number: number; readonly entryNumber: number; readonly entry: (writer: BinaryWriter, value: Json) => void };

const members: Readonly<Record<string, Member>> = {
  swagger: { number: 1, write: text },
  info: {
    number: 2,
    write: (writer, number, value) =>
      message(writer, number, value, (info) => {
        text(writer, 1, info["title"]);
        text(writer, 2, info["version"]);
      }),
  },
  paths: { number: 8, entryNumber: 2, entry: pathItem },
  definitions: { number: 9, entryNumber: 1, entry: schema },
  parameters: { number: 10, entryNumber: 1, entry: parameter },
  security: {
    number: 12,
    write(writer, number, value) {
      for (const requirement of list(value))
        message(writer, number, requirement, (each) =>
          namedAll(writer, 1, each, (scopes) => {
            for (const scope of list(scopes)) text(writer, 1, scope);
          }),
        );
    },
  },
  securityDefinitions: {
    number: 13,
    write: (writer, number, value) =>
      message(writer, number, value, (definitions) =>
        namedAll(writer, 1, definitions, (definition) =>
          message(writer, 2, definition, (apiKey) => {
            text(writer, 1, apiKey["type"]);
            text(writer, 2, apiKey["name"]);
            text(writer, 3, apiKey["in"]);
            text(writer, 4, apiKey["description"]);
          }),
        ),
      ),
  },
};

function* largeMember(
  entries: Entries,
  { number, entryNumber, entry }: Exclude<Member, { readonly write: unknown }>,
): Steps<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for (const [name, value] of entries) {
    const bytes = written((writer) => namedAll(writer, entryNumber, { [name]: value }, (each) => entry(writer, each)));
    chunks.push(bytes);
    yield piecesIn(bytes);
  }
  const length = chunks.reduce((sum, { length: each }) => sum + each, 0);
  return [written((writer) => writer.tag(number, WireType.LengthDelimited).uint32(length)), ...chunks];
}

function written(write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}

// PathItem
const methods: Readonly<Record<string, number>> = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 };

function pathItem(writer: BinaryWriter, item: Json): void {
  for (const [method, number] of Object.entries(methods)) message(writer, number, item[method], (each) => operation(writer, each));
  for (const each of list(item["parameters"])) message(writer, 9, each, (value) => parametersItem(writer, value));
}

function operation(writer: BinaryWriter, value: Json): void {
  for (const tag of list(value["tags"])) text(writer, 1, tag);
  text(writer, 3, value["description"]);
  text(writer, 5, value["operationId"]);
  for (const each of list(value["produces"])) text(writer, 6, each);
  for (const each of list(value["consumes"])) text(writer, 7, each);
  for (const each of list(value["parameters"])) message(writer, 8, each, (item) => parametersItem(writer, item));
  message(writer, 9, value["responses"], (responses) => namedAll(writer, 1, responses, (response) => responseValue(writer, response)));
  for (const each of list(value["schemes"])) text(writer, 10, each);
  extensions(writer, 13, value);
}

function parametersItem(writer: BinaryWriter, value: Json): void {
  if ("$ref" in value) message(writer, 2, value, (reference) => text(writer, 1, reference["$ref"]));
  else message(writer, 1, value, (each) => parameter(writer, each));
}

function parameter(writer: BinaryWriter, value: Json): void {
  if (value["in"] === "body") {
    message(writer, 1, value, (body) => {
      text(writer, 1, body["description"]);
      text(writer, 2, body["name"]);
      text(writer, 3, body["in"]);
      flag(writer, 4, body["required"]);
      message(writer, 5, body["schema"], (each) => schema(writer, each));
    });
    return;
  }
  const isPath = value["in"] === "path";
  // Parameters of paths and of queries differ only in that the latter have one field more in the middle.
  message(writer, 2, value, () =>
    message(writer, isPath ? 4 : 3, value, () => {
      flag(writer, 1, value["required"]);
      text(writer, 2, value["in"]);
      text(writer, 3, value["description"]);
      text(writer, 4, value["name"]);
      text(writer, isPath ? 5 : 6, value["type"]);
      flag(writer, isPath ? 19 : 20, value["uniqueItems"]);
    }),
  );
}

function responseValue(writer: BinaryWriter, value: Json): void {
  message(writer, 1, value, (response) => {
    text(writer, 1, response["description"]);
    message(writer, 2, response["schema"], (item) => message(writer, 1, item, (each) => schema(writer, each)));
  });
}

function schema(writer: BinaryWriter, value: Json): void {
  text(writer, 1, value["$ref"]);
  text(writer, 2, value["format"]);
  text(writer, 4, value["description"]);
  for (const name of list(value["required"])) text(writer, 19, name);
  message(writer, 21, value["additionalProperties"], (values) => message(writer, 1, values, (each) => schema(writer, each)));
  const { type } = value;
  if (typeof type === "string") message(writer, 22, value, () => text(writer, 1, type));
  message(writer, 23, value["items"], (items) => message(writer, 1, items, (each) => schema(writer, each)));
  message(writer, 25, value["properties"], (properties) => namedAll(writer, 1, properties, (property) => schema(writer, property)));
  extensions(writer, 31, value);
}

/** Extensions are YAML in gnostic; JSON is YAML. */
function extensions(writer: BinaryWriter, number: number, value: Json): void {
  for (const [name, extension] of Object.entries(value)) {
    if (!name.startsWith("x-")) continue;
    message(writer, number, value, () => {
      text(writer, 1, name);
      message(writer, 2, value, () => text(writer, 2, `${JSON.stringify(extension)}\n`));
    });
  }
}

/** A map is a list of pairs, each with its name (1) and its value (2). */
function namedAll(writer: BinaryWriter, number: number, map: Json, write: (value: Json) => void): void {
  for (const [name, value] of Object.entries(map)) {
    message(writer, number, map, () => {
      text(writer, 1, name);
      message(writer, 2, value, write);
    });
  }
}

function message(writer: BinaryWriter, number: number, value: unknown, write: (value: Json) => void): void {
  if (typeof value !== "object" || value === null) return;
  writer.tag(number, WireType.LengthDelimited).fork();
  write(value as Json);
  writer.join();
}

function text(writer: BinaryWriter, number: number, value: unknown): void {
  if (typeof value === "string" && value !== "") writer.tag(number, WireType.LengthDelimited).string(value);
}

function flag(writer: BinaryWriter, number: number, value: unknown): void {
  if (value === true) writer.tag(number, WireType.Varint).bool(true);
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
