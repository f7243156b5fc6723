import type { Kind } from "@kubets/machinery";
import type { Accepted } from "../../request/content.ts";
import type { Projector } from "../projector.ts";
import { cborEncoding } from "./cbor.ts";
import type { Encoding } from "./encoding.ts";
import { protobufEncoding } from "./protobuf.ts";
import { jsonEncoding, prettyEncoding, yamlEncoding } from "./text.ts";

/** How the objects of a kind are written in the form that was agreed on. */
export function encodingOf(kind: Kind, projector: Projector, { mediaType, projection, pretty }: Accepted): Encoding {
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
