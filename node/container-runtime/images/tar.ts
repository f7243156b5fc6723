/** An entry to be written: a directory has no content, a link names its target. */
export interface TarEntry {
  /** Without a leading slash. */
  readonly path: string;
  readonly content?: Uint8Array;
  readonly linkTo?: string;
  /** Permissions; 0644, or 0755 for a directory, when absent. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

const blockBytes = 512;

/** Writes a tar archive (ustar) without a trace of when or where: equal entries give equal bytes. */
export function writeTar(entries: readonly TarEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const content = entry.content ?? new Uint8Array();
    parts.push(tarHeader(entry, content.length), content, new Uint8Array(paddingOf(content.length)));
  }
  parts.push(new Uint8Array(2 * blockBytes));
  return concatenate(parts);
}

function tarHeader({ path, content, linkTo, mode, uid = 0, gid = 0 }: TarEntry, size: number): Uint8Array {
  const header = new Uint8Array(blockBytes);
  const isDirectory = content === undefined && linkTo === undefined;
  const [prefix, name] = splitPath(isDirectory && !path.endsWith("/") ? `${path}/` : path);
  const put = (offset: number, text: string): void => header.set(utf8.encode(text), offset);
  put(0, name);
  put(100, octal(mode ?? (isDirectory ? 0o755 : 0o644), 8));
  put(108, octal(uid, 8));
  put(116, octal(gid, 8));
  put(124, octal(size, 12));
  put(136, octal(0, 12));
  put(148, " ".repeat(8));
  put(156, isDirectory ? "5" : linkTo === undefined ? "0" : "2");
  put(157, linkTo ?? "");
  put(257, "ustar\x0000");
  put(345, prefix);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  put(148, `${checksum.toString(8).padStart(6, "0")}\0 `);
  return header;
}

/** A long path is cut at a slash: 155 bytes go before it, 100 after. */
function splitPath(path: string): readonly [prefix: string, name: string] {
  if (utf8.encode(path).length <= 100) return ["", path];
  for (let cut = path.lastIndexOf("/", path.length - 2); cut > 0; cut = path.lastIndexOf("/", cut - 1)) {
    const [prefix, name] = [path.slice(0, cut), path.slice(cut + 1)];
    if (utf8.encode(prefix).length <= 155 && utf8.encode(name).length <= 100) return [prefix, name];
  }
  throw new RangeError(`Cannot write "${path}" into a tar archive: the path is too long`);
}

function octal(value: number, size: number): string {
  return `${value.toString(8).padStart(size - 1, "0")}\0`;
}

function paddingOf(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}

/** Reads a part of a file; shorter than asked for only at its end. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

export interface TarFile {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
}

/** Where the files of an archive lie, without reading what is in them. Throws for something that isn't a tar archive. */
export async function readTarIndex(read: ReadAt): Promise<readonly TarFile[]> {
  const files: TarFile[] = [];
  let longName: string | undefined;
  for (let offset = 0; ;) {
    const header = await read(offset, blockBytes);
    if (header.length < blockBytes || header.every((byte) => byte === 0)) return files;
    const size = numberAt(header, 124, 12);
    if (textAt(header, 257, 5) !== "ustar" || !Number.isSafeInteger(size)) throw new TypeError("Not a tar archive");
    const type = textAt(header, 156, 1);
    const start = offset + blockBytes;
    if (type === "L") longName = textAt(await read(start, size), 0, size);
    else if (type === "x") longName = paxPath(await read(start, size)) ?? longName;
    else {
      const prefix = textAt(header, 345, 155);
      const name = longName ?? (prefix === "" ? "" : `${prefix}/`) + textAt(header, 0, 100);
      longName = undefined;
      if (type === "0" || type === "") files.push({ path: name.replace(/^\.\//, ""), offset: start, size });
    }
    offset = start + size + paddingOf(size);
  }
}

/** Lines of `LENGTH KEY=VALUE`. */
function paxPath(records: Uint8Array): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(new TextDecoder().decode(records))?.[1];
}

function textAt(bytes: Uint8Array, offset: number, length: number): string {
  return new TextDecoder().decode(bytes.subarray(offset, offset + length)).replace(/\0.*$/s, "");
}

function numberAt(bytes: Uint8Array, offset: number, length: number): number {
  // Beyond 8 GiB: a binary number, marked by its first bit.
  if ((bytes[offset]! & 0x80) !== 0) {
    return bytes.subarray(offset + 1, offset + length).reduce((value, byte) => value * 256 + byte, 0);
  }
  const text = textAt(bytes, offset, length).trim();
  return text === "" ? 0 : /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

const utf8 = new TextEncoder();
