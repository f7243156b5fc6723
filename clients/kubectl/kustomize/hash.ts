import { formatGoJson } from "@kubets/machinery";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { JsonObject } from "../json-object.ts";
import { currentId, remembered, renamed, type Resource } from "./resource.ts";
import { isMap, isMissing, plainOf, textOf } from "./scalars.ts";

/** The end of a generated name: another one for other contents. Digits and letters that might spell a word are others. */
export function hashOf(object: JsonObject): string {
  const digest = bytesToHex(sha256(utf8ToBytes(formatGoJson(contentsOf(object))))).slice(0, 10);
  return digest.replace(/[013ae]/g, (character) => substitutes[character]!);
}

/** A generated resource under the name that it is found by. */
export function hashed(resource: Resource): Resource {
  return resource.needsHash ? renamed(remembered(resource), `${currentId(resource).name}-${hashOf(resource.object)}`) : resource;
}

const substitutes: Readonly<Record<string, string>> = { "0": "g", "1": "h", "3": "k", a: "m", e: "t" };

/** What counts of a ConfigMap or a Secret. Upstream looks for the name where there is none, so that it doesn't count. */
function contentsOf(object: JsonObject): unknown {
  const kind = textOf(object["kind"]);
  const member = (name: string): unknown => (isMissing(object[name]) ? "" : plainOf(object[name]));
  const more = kind === "Secret" ? "stringData" : "binaryData";
  return {
    kind,
    name: "",
    data: member("data"),
    ...(kind === "Secret" ? { type: member("type") } : {}),
    ...(isMap(object[more]) ? { [more]: member(more) } : {}),
  };
}
