import { formatYaml, type ListMeta } from "@kubets/machinery";
import type { CachedObject } from "../../watch-cache/cached-object.ts";
import type { Projector } from "../projector.ts";
import { concat } from "./concat.ts";
import type { Encoding } from "./encoding.ts";

const encoder = new TextEncoder();

const listEnd = encoder.encode("]}\n");
const eventStart = {
  ADDED: encoder.encode('{"type":"ADDED","object":'),
  MODIFIED: encoder.encode('{"type":"MODIFIED","object":'),
  DELETED: encoder.encode('{"type":"DELETED","object":'),
  BOOKMARK: encoder.encode('{"type":"BOOKMARK","object":'),
  ERROR: encoder.encode('{"type":"ERROR","object":'),
} as const;
const eventEnd = encoder.encode("}\n");

/** Law 7: objects are written from the bytes that they are kept in. */
export function jsonEncoding(projector: Projector): Encoding {
  return {
    contentType: "application/json",
    streamType: "application/json",
    object: (object) => projector.bytes(object, true),
    *list(metadata, objects) {
      yield encoder.encode(projector.listHead(metadata));
      const next = encoder.encode(`,${projector.itemHead}`);
      let before = encoder.encode(projector.itemHead);
      for (const object of objects) {
        // An empty piece would only say that time has passed.
        if (before.length > 0) yield before;
        before = next;
        yield projector.itemBytes(object);
      }
      yield listEnd;
    },
    events: (deliveries, isFirst) =>
      concat(
        deliveries.flatMap(({ type, object }, index) => [
          eventStart[type],
          type === "ERROR" ? object.bytes : projector.bytes(object, isFirst && index === 0),
          eventEnd,
        ]),
      ),
  };
}

/** For people: whole values, indented. Watches are not. */
export function prettyEncoding(projector: Projector): Encoding {
  const pretty = (value: unknown): Uint8Array => encoder.encode(`${JSON.stringify(value, null, 2)}\n`);
  return {
    ...jsonEncoding(projector),
    object: (object) => pretty(projector.value(object, true)),
    list: (metadata, objects) => [pretty(listValue(projector, metadata, objects))],
  };
}

/** There are no watches in YAML. */
export function yamlEncoding(projector: Projector): Encoding {
  return {
    ...jsonEncoding(projector),
    contentType: "application/yaml",
    object: (object) => encoder.encode(formatYaml(projector.value(object, true))),
    list: (metadata, objects) => [encoder.encode(formatYaml(listValue(projector, metadata, objects)))],
  };
}

function listValue(projector: Projector, metadata: ListMeta, objects: readonly CachedObject[]): unknown {
  return projector.listValue(
    metadata,
    objects.map((object) => projector.itemValue(object)),
  );
}
