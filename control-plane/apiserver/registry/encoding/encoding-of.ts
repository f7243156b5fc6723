import type { Kind } from "@kubets/machinery";
import type { Accepted } from "../../request/content.ts";
import type { Projector } from "../projector.ts";
import { cborEncoding } from "./cbor.ts";
import type { Encoding } from "./encoding.ts";
import { protobufEncoding } from "./protobuf.ts";
import { jsonEncoding, prettyEncoding, yamlEncoding } from "./text.ts";

// Made once for what it depends on, so that watchers can share what was encoded for them.
const made = new WeakMap<Projector, WeakMap<Kind, Map<string, Encoding>>>();

/** How the objects of a kind are written in the form that was agreed on; the same for all who agreed on the same. */
export function encodingOf(kind: Kind, projector: Projector, accepted: Accepted): Encoding {
  let byKind = made.get(projector);
  if (byKind === undefined) made.set(projector, (byKind = new WeakMap()));
  let byForm = byKind.get(kind);
  if (byForm === undefined) byKind.set(kind, (byForm = new Map()));
  const form = `${accepted.mediaType} ${accepted.projection.form} ${accepted.pretty}`;
  let encoding = byForm.get(form);
  if (encoding === undefined) byForm.set(form, (encoding = makeEncoding(kind, projector, accepted)));
  return encoding;
}

function makeEncoding(kind: Kind, projector: Projector, { mediaType, projection, pretty }: Accepted): Encoding {
  switch (mediaType) {
    case "application/json":
      return pretty ? prettyEncoding(projector) : jsonEncoding(projector);
    case "application/yaml":
      return yamlEncoding(projector);
    case "application/cbor":
      return cborEncoding(projector, projection);
    case "application/vnd.kubernetes.protobuf":
      return protobufEncoding(kind, projection);
  }
}
