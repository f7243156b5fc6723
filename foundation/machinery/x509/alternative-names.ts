import { contextTag, DerError, readValue, within } from "./der-reader.ts";
import { tags } from "./der-tags.ts";
import { sequence, tagged } from "./der-writer.ts";

/** The names, besides the subject, that a certificate holds for. */
export interface AlternativeNames {
  readonly hostnames: readonly string[];
  /** IPv4 (4) or IPv6 (16 bytes). */
  readonly addresses: readonly Uint8Array[];
  readonly emails: readonly string[];
  readonly uris: readonly string[];
}

export const noAlternativeNames: AlternativeNames = { hostnames: [], addresses: [], emails: [], uris: [] };

const numbers = { email: 1, hostname: 2, uri: 6, address: 7 } as const;
const tagOf = (number: number): number => contextTag(number, { constructed: false });

/** The content of a subjectAltName extension. Other kinds of names are passed over, as Go does. */
export function readAlternativeNames(extension: Uint8Array): AlternativeNames {
  const names = within(readValue(extension), tags.sequence);
  const textsOf = (number: number): readonly string[] =>
    names.flatMap(({ tag, content }) => (tag === tagOf(number) ? [asciiOf(content)] : []));
  const addresses = names.flatMap(({ tag, content }) => (tag === tagOf(numbers.address) ? [content] : []));
  if (addresses.some(({ length }) => length !== 4 && length !== 16)) throw new DerError("x509: cannot parse IP address");
  return { hostnames: textsOf(numbers.hostname), addresses, emails: textsOf(numbers.email), uris: textsOf(numbers.uri) };
}

export function alternativeNames({ hostnames, addresses, emails, uris }: AlternativeNames): Uint8Array {
  const texts = (number: number, all: readonly string[]): readonly Uint8Array[] =>
    all.map((each) => tagged(number, new TextEncoder().encode(each), { constructed: false }));
  return sequence(
    ...texts(numbers.hostname, hostnames),
    ...texts(numbers.email, emails),
    ...addresses.map((address) => tagged(numbers.address, address, { constructed: false })),
    ...texts(numbers.uri, uris),
  );
}

function asciiOf(bytes: Uint8Array): string {
  if (bytes.some((byte) => byte >= 0x80)) throw new DerError("x509: SAN is malformed");
  return new TextDecoder().decode(bytes);
}
