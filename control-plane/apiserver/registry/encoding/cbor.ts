import { cborList, formatCbor, type ListMeta } from "@kubets/machinery";
import type { Projection } from "../../request/content.ts";
import type { CachedObject } from "../../watch-cache/cached-object.ts";
import { concat } from "./concat.ts";
import { type Encoding, eventValue } from "./encoding.ts";
import type { Projector } from "../projector.ts";

// What was written of an object once serves all of its readers: by projector, since those that readers share stay.
const written = new WeakMap<Projector, WeakMap<CachedObject, Uint8Array>>();

export function cborEncoding(projector: Projector, { form }: Projection): Encoding {
  const known = written.get(projector) ?? new WeakMap<CachedObject, Uint8Array>();
  written.set(projector, known);
  const item = (object: CachedObject): Uint8Array => {
    let bytes = known.get(object);
    if (bytes === undefined) known.set(object, (bytes = formatCbor(projector.itemValue(object), { isNested: true })));
    return bytes;
  };
  return {
    contentType: "application/cbor",
    streamType: "application/cbor-seq",
    object: (object) => formatCbor(projector.value(object, true)),
    *list(metadata: ListMeta, objects: readonly CachedObject[]) {
      const list = projector.listValue(metadata, []) as Readonly<Record<string, unknown>>;
      const { head, tail } = cborList(list, form === "Table" ? "rows" : "items", objects.length);
      yield head;
      for (const object of objects) yield item(object);
      yield tail;
    },
    events: (deliveries, isFirst) =>
      concat(deliveries.map((delivery, index) => formatCbor(eventValue(delivery, projector, isFirst && index === 0)))),
  };
}
