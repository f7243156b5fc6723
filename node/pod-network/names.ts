import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** Linux has room for so many characters in the name of an interface. */
const longestInterfaceName = 15;
const prefix = "kb-";

/** The name of a cluster's network, as rules and tables carry it: `kubets-NAME`. */
export function networkNameFor(cluster: string): string {
  const plain = cluster.replace(/[^A-Za-z0-9_-]/g, "-");
  return plain === cluster ? `kubets-${cluster}` : `kubets-${plain}-${hash(cluster)}`;
}

/**
 * The name of a cluster's bridge: `kb-NAME` where that fits and nobody else has it, else one that is made of a hash.
 *
 * @example
 * bridgeNameFor("dev", []); // => "kb-dev"
 */
export function bridgeNameFor(cluster: string, taken: readonly string[]): string {
  const plain = `${prefix}${cluster}`;
  const isFit = /^[A-Za-z0-9_-]+$/.test(cluster) && plain.length <= longestInterfaceName;
  for (let attempt = 0; ; attempt++) {
    const name = attempt === 0 && isFit ? plain : `${prefix}${hash(`${cluster}/${attempt}`)}`;
    if (!taken.includes(name)) return name;
  }
}

function hash(text: string): string {
  return bytesToHex(sha256(new TextEncoder().encode(text))).slice(0, 10);
}
