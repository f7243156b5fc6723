import type { Kind, KubernetesObject } from "@kubets/machinery";
import type { ObjectReader } from "../contracts.ts";

/** Reads when the objects of a kind can be read; from the first such time on at once, so that writes needn't wait for what they don't wait for. */
export function onceReady<T extends KubernetesObject>(
  reader: ObjectReader,
  kind: Kind<T>,
): <Read>(read: () => Read | Promise<Read>) => Read | Promise<Read> {
  let isReady = false;
  return (read) => {
    if (isReady) return read();
    return reader.ready(kind).then(() => {
      isReady = true;
      return read();
    });
  };
}
