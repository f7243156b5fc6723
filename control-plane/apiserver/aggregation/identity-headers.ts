import type { DialRequest, UserInfo } from "@kubets/machinery";

/** As whom this server itself asks those behind it. */
export const aggregatorUser: UserInfo = { name: "system:kube-aggregator", groups: ["system:masters"] };

const prefix = "x-remote-";

/** Nobody but this server says who a passed on request is from. */
export function isIdentityHeader(name: string): boolean {
  return name.startsWith(prefix);
}

/**
 * Who asks, for a server that trusts this one by its certificate. Each value is a header of its own: names of groups may hold commas.
 */
export function identityHeaders({ name, uid = "", groups, extra = {} }: UserInfo): DialRequest["headers"] {
  return {
    "X-Remote-User": bytesOf(name),
    ...(uid === "" ? {} : { "X-Remote-Uid": bytesOf(uid) }),
    ...(groups.length === 0 ? {} : { "X-Remote-Group": groups.map(bytesOf) }),
    ...Object.fromEntries(Object.entries(extra).map(([key, values]) => [`X-Remote-Extra-${escaped(key)}`, values.map(bytesOf)])),
  };
}

/** Headers carry bytes; each is written as one character. */
function bytesOf(value: string): string {
  return Array.from(new TextEncoder().encode(value), (byte) => String.fromCharCode(byte)).join("");
}

/** A key as part of the name of a header: what may not stand there is escaped as in URLs. */
function escaped(key: string): string {
  return Array.from(new TextEncoder().encode(key), (byte) => {
    const character = String.fromCharCode(byte);
    return /[\w!#$&'*+.^`|~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
