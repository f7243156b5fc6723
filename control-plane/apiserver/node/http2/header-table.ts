/** One field of a head: its name in lower case, and its value. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

/** The fields that both ends know from the beginning (RFC 7541, appendix A); the first has the index 1. */
export const staticFields: readonly Field[] = [
  ...fields(":authority", ""),
  ...fields(":method", "GET", "POST"),
  ...fields(":path", "/", "/index.html"),
  ...fields(":scheme", "http", "https"),
  ...fields(":status", "200", "204", "206", "304", "400", "404", "500"),
  ...fields("accept-charset", ""),
  ...fields("accept-encoding", "gzip, deflate"),
  ...[
    "accept-language",
    "accept-ranges",
    "accept",
    "access-control-allow-origin",
    "age",
    "allow",
    "authorization",
    "cache-control",
  ].flatMap(bare),
  ...["content-disposition", "content-encoding", "content-language", "content-length", "content-location", "content-range"].flatMap(bare),
  ...["content-type", "cookie", "date", "etag", "expect", "expires", "from", "host", "if-match", "if-modified-since"].flatMap(bare),
  ...["if-none-match", "if-range", "if-unmodified-since", "last-modified", "link", "location", "max-forwards"].flatMap(bare),
  ...["proxy-authenticate", "proxy-authorization", "range", "referer", "refresh", "retry-after", "server", "set-cookie"].flatMap(bare),
  ...["strict-transport-security", "transfer-encoding", "user-agent", "vary", "via", "www-authenticate"].flatMap(bare),
];

function fields(name: string, ...values: readonly string[]): readonly Field[] {
  return values.map((value) => ({ name, value }));
}

function bare(name: string): readonly Field[] {
  return fields(name, "");
}

/** What an entry counts for besides its texts. */
const entryBytes = 32;

/** Fields that one end has sent and may refer to again, newest first, bounded by what they count for. */
export class HeaderTable {
  /** The newest is the last. */
  readonly #entries: Field[] = [];
  #first = 0;
  #bytes = 0;
  #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The field of an index as it is sent: those that both ends know come first. */
  at(index: number): Field | undefined {
    if (index <= staticFields.length) return staticFields[index - 1];
    const at = this.#entries.length - (index - staticFields.length);
    return at < this.#first ? undefined : this.#entries[at];
  }

  add(field: Field): void {
    this.#bytes += sizeOf(field);
    this.#entries.push(field);
    this.#evict();
  }

  set limit(limit: number) {
    this.#limit = limit;
    this.#evict();
  }

  #evict(): void {
    while (this.#bytes > this.#limit) this.#bytes -= sizeOf(this.#entries[this.#first++]!);
    // Moved together now and then, not with every field.
    if (this.#first > 64 && this.#first * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
  }
}

/** What a field counts for, in a table and in the size of a head. */
export function sizeOf({ name, value }: Field): number {
  return entryBytes + name.length + value.length;
}
