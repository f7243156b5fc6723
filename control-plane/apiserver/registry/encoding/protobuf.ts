import { type Kind, listMeta, type ListMeta, type ObjectNode, partialObjectMetadata, type SchemaNode, status } from "@kubets/machinery";
import type { Projection } from "../../request/content.ts";
import { enveloped, envelopeAround, fieldHead, formatMessage, type MessageType, typeOf, watchFrame } from "../../request/protobuf-write.ts";
import type { CachedObject } from "../../watch-cache/cached-object.ts";
import type { Delivery } from "../../watch-cache/watcher.ts";
import { concat } from "./concat.ts";
import type { Encoding } from "./encoding.ts";

/** What protobuf needs to know of a kind in a projection. */
interface Messages {
  readonly node: ObjectNode;
  readonly type: MessageType;
  readonly listType: MessageType;
  /** What was written of an object once serves all of its readers. */
  readonly written: WeakMap<CachedObject, Uint8Array>;
}

const fullMessages = new WeakMap<Kind, Messages>();
const partialMessages = { v1: partialMessagesOf("v1"), v1beta1: partialMessagesOf("v1beta1") } as const;

function partialMessagesOf(version: "v1" | "v1beta1"): Messages {
  const apiVersion = `meta.k8s.io/${version}`;
  return {
    node: nodeOf(partialObjectMetadata),
    type: { apiVersion, kind: "PartialObjectMetadata" },
    listType: { apiVersion, kind: "PartialObjectMetadataList" },
    written: new WeakMap(),
  };
}

function messagesOf(kind: Kind, projection: Projection): Messages {
  if (projection.form === "metadata") return partialMessages[projection.version];
  let messages = fullMessages.get(kind);
  if (messages === undefined) {
    const type = typeOf(kind);
    messages = { node: nodeOf(kind.schema), type, listType: { ...type, kind: `${type.kind}List` }, written: new WeakMap() };
    fullMessages.set(kind, messages);
  }
  return messages;
}

function nodeOf({ node }: { readonly node: SchemaNode }): ObjectNode {
  if (node.type !== "object") throw new TypeError("Cannot write protobuf: the schema is not that of an object");
  return node;
}

// Metadata and items have these numbers in every list.
const metadataField = 1;
const itemsField = 2;
const listMetaNode = nodeOf(listMeta);
const statusNode = nodeOf(status);
const statusType: MessageType = { apiVersion: "v1", kind: "Status" };

// After so many bytes made anew, others have their turn.
const pauseBytes = 256 * 1024;
const pause = new Uint8Array();

export function protobufEncoding(kind: Kind, projection: Projection): Encoding {
  const { node, type, listType, written } = messagesOf(kind, projection);
  const messageOf = (object: CachedObject): Uint8Array => {
    let message = written.get(object);
    if (message === undefined) written.set(object, (message = formatMessage(node, object.object)));
    return message;
  };
  const objectOf = (object: CachedObject): Uint8Array => enveloped(messageOf(object), type);
  const eventObject = ({ type: event, object }: Delivery): Uint8Array =>
    event === "ERROR" ? enveloped(formatMessage(statusNode, object.object), statusType) : objectOf(object);
  return {
    contentType: "application/vnd.kubernetes.protobuf",
    streamType: "application/vnd.kubernetes.protobuf;stream=watch",
    object: objectOf,
    *list(metadata: ListMeta, objects: readonly CachedObject[]) {
      const meta = formatMessage(listMetaNode, metadata);
      const metaHead = fieldHead(metadataField, meta.length);
      // The length of all stands before all, so everything is made before anything is sent.
      let length = metaHead.length + meta.length;
      let fresh = 0;
      for (const object of objects) {
        if (!written.has(object)) fresh += messageOf(object).length;
        const message = messageOf(object);
        length += fieldHead(itemsField, message.length).length + message.length;
        if (fresh < pauseBytes) continue;
        fresh = 0;
        yield pause;
      }
      const { head, tail } = envelopeAround(length, listType);
      yield head;
      yield metaHead;
      yield meta;
      for (const object of objects) {
        const message = messageOf(object);
        yield fieldHead(itemsField, message.length);
        yield message;
      }
      yield tail;
    },
    events: (deliveries) => concat(deliveries.map((delivery) => watchFrame(delivery.type, eventObject(delivery)))),
  };
}
