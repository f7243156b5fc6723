import type { ListMeta } from "@kubets/machinery";
import type { CachedObject } from "../../watch-cache/cached-object.ts";
import type { Delivery } from "../../watch-cache/watcher.ts";
import type { Projector } from "../projector.ts";

/** How objects of one kind are written in one projection and media type. */
export interface Encoding {
  readonly contentType: string;
  /** The content type of a watch. */
  readonly streamType: string;
  object(object: CachedObject): Uint8Array;
  /** The list piece by piece. An empty piece says only that time has passed. */
  list(metadata: ListMeta, objects: readonly CachedObject[]): Iterable<Uint8Array>;
  /** The events of a watch; `isFirst`: they are its first. */
  events(deliveries: readonly Delivery[], isFirst: boolean): Uint8Array;
}

/** An event of a watch as a value. */
export function eventValue({ type, object }: Delivery, projector: Projector, isFirst: boolean): unknown {
  return { type, object: type === "ERROR" ? object.object : projector.value(object, isFirst) };
}
