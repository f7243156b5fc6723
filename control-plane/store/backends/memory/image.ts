import type { Cause, Instant } from "@kubets/machinery";
import type { Expiring } from "../../expiry.ts";
import { KeyTree } from "../../key-tree.ts";
import { type Entry, type Revision, StoreError } from "../../store.ts";
import { History, positionAfter, type Version } from "./history.ts";

/** Everything in a memory store at one moment. Any number of stores may begin with it; they share what none of them has changed. */
export interface MemoryImage {
  readonly history: History;
  readonly present: KeyTree<Version>;
  readonly deleted: KeyTree<Version>;
  readonly forgetting: ReadonlyMap<number, readonly Forgetting[]>;
  readonly expiring: readonly Expiring[];
}

/** What was superseded by `version` is forgotten when it is due. */
export interface Forgetting {
  readonly version: Version;
  readonly due: Instant;
}

export function emptyImage(): MemoryImage {
  return { history: new History(), present: new KeyTree(), deleted: new KeyTree(), forgetting: new Map(), expiring: [] };
}

export function copyQueues(queues: ReadonlyMap<number, readonly Forgetting[]>): Map<number, Forgetting[]> {
  return new Map([...queues].map(([retention, queue]) => [retention, queue.slice()]));
}

/** What two images of the same keys and revisions differ by. */
export interface ImageDifference {
  /** What takes the place of what a write made of a key: a value as long as that, or none as well. */
  readonly versionOf: (version: Version) => Pick<Version, "cause" | "entry">;
  /** So many milliseconds later comes due what does. */
  readonly later: number;
}

/** An image as another one is but for a difference. Shares the order of keys with it, and none of the versions. */
export function imageLike(image: MemoryImage, { versionOf, later }: ImageDifference): MemoryImage {
  const made = new Map<Version, Version>();
  const to = (version: Version): Version => {
    let like = made.get(version);
    if (like === undefined) {
      const { key, revision, previous, forgotten, position } = version;
      const { cause, entry } = versionOf(version);
      like = { key, revision, cause, entry, previous: previous === undefined ? undefined : to(previous), forgotten, position };
      made.set(version, like);
    }
    return like;
  };
  const moved = (due: Instant): Instant => (due + later) as Instant;
  return {
    history: image.history.map(to),
    present: image.present.map(to),
    deleted: image.deleted.map(to),
    forgetting: new Map(
      [...image.forgetting].map(([retention, queue]) => [
        retention,
        queue.map(({ version, due }) => ({ version: to(version), due: moved(due) })),
      ]),
    ),
    expiring: image.expiring.map((each) => ({ ...each, due: moved(each.due) })),
  };
}

/** Every version that somebody can still ask for, in the order of revisions. */
export function versionsOf({ history, present, deleted }: MemoryImage): readonly Version[] {
  return reachable(history, present, deleted);
}

/** One version as it is written down; its value follows in the bytes behind the header. */
interface WrittenVersion {
  readonly key: string;
  readonly revision: Revision;
  readonly cause: Cause;
  /** How long the value is; absent for a deletion. */
  readonly length?: number;
  readonly created?: Revision;
  readonly previous?: Revision;
  readonly forgotten?: true;
}

interface Header {
  readonly format: number;
  readonly compacted: Revision;
  readonly current: Revision;
  readonly supersededBytes: number;
  readonly versions: readonly WrittenVersion[];
  readonly forgetting: readonly (readonly [retention: number, queue: readonly (readonly [revision: Revision, due: Instant])[]])[];
  readonly expiring: readonly Expiring[];
}

const imageFormat = 1;
const lengthBytes = 4;

/** An image as bytes: the length of a header, the header as JSON, then all values in its order. */
export function encodeImage({ history, present, deleted, forgetting, expiring }: MemoryImage): Uint8Array {
  const versions = reachable(history, present, deleted);
  const header: Header = {
    format: imageFormat,
    compacted: history.compacted,
    current: history.current,
    supersededBytes: history.supersededBytes,
    versions: versions.map(written),
    forgetting: [...forgetting].map(([retention, queue]) => [retention, queue.map(({ version, due }) => [version.revision, due])]),
    expiring,
  };
  const headerBytes = new TextEncoder().encode(JSON.stringify(header));
  const size = versions.reduce((sum, { entry }) => sum + (entry?.value.length ?? 0), lengthBytes + headerBytes.length);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, headerBytes.length);
  bytes.set(headerBytes, lengthBytes);
  let offset = lengthBytes + headerBytes.length;
  for (const { entry } of versions) {
    if (entry === undefined) continue;
    bytes.set(entry.value, offset);
    offset += entry.value.length;
  }
  return bytes;
}

/** The image that {@link encodeImage} wrote. Throws a `StoreError` with the reason `Corrupt` for anything else. */
export function decodeImage(bytes: Uint8Array): MemoryImage {
  const { header, values } = opened(bytes);
  const byRevision = new Map<Revision, Version>();
  const present = new KeyTree<Version>();
  const deleted = new KeyTree<Version>();
  let offset = 0;
  let position = 0;
  // Ascending revisions: what a version supersedes comes before it, and the last version of a key is what the key is.
  for (const { key, revision, cause, length, created, previous, forgotten } of header.versions) {
    let entry: Entry | undefined;
    if (length !== undefined && created !== undefined) {
      if (offset + length > values.length) throw corrupt("it ends in the middle of a value");
      entry = { key, value: values.slice(offset, offset + length), revision, created, cause };
      offset += length;
    }
    position = positionAfter(position, entry);
    const before = previous === undefined ? undefined : byRevision.get(previous);
    const version: Version = { key, revision, cause, entry, previous: before, forgotten: forgotten === true, position };
    byRevision.set(revision, version);
    if (entry === undefined) {
      present.delete(key);
      deleted.set(key, version);
    } else {
      deleted.delete(key);
      present.set(key, version);
    }
  }
  const queueOf = (queue: Header["forgetting"][number][1]): readonly Forgetting[] =>
    queue.flatMap(([revision, due]) => {
      const version = byRevision.get(revision);
      return version === undefined ? [] : [{ version, due }];
    });
  return {
    history: History.restored({ ...header, versions: [...byRevision.values()] }),
    present,
    deleted,
    forgetting: new Map(header.forgetting.map(([retention, queue]) => [retention, queueOf(queue)])),
    expiring: header.expiring,
  };
}

function opened(bytes: Uint8Array): { readonly header: Header; readonly values: Uint8Array } {
  if (bytes.length < lengthBytes) throw corrupt("it is too short");
  const end = lengthBytes + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (end > bytes.length) throw corrupt("it ends in the middle of its header");
  let header: Header;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(lengthBytes, end))) as Header;
  } catch (cause) {
    throw corrupt("its header is no JSON", cause);
  }
  if (header.format !== imageFormat) throw corrupt(`its format is ${String(header.format)}, this program reads ${imageFormat}`);
  return { header, values: bytes.subarray(end) };
}

function written({ key, revision, cause, entry, previous, forgotten }: Version): WrittenVersion {
  return {
    key,
    revision,
    cause,
    ...(entry === undefined ? {} : { length: entry.value.length, created: entry.created }),
    ...(previous === undefined ? {} : { previous: previous.revision }),
    ...(forgotten ? { forgotten } : {}),
  };
}

/** Every version that somebody can still ask for, in the order of revisions. */
function reachable(history: History, present: KeyTree<Version>, deleted: KeyTree<Version>): readonly Version[] {
  const found = new Map<Revision, Version>();
  const follow = (newest: Version): void => {
    for (let version: Version | undefined = newest; version !== undefined; version = version.previous) {
      if (found.has(version.revision)) return;
      found.set(version.revision, version);
      // What came before it can't be asked for any more, though a history that shares it may keep it.
      if (version.revision <= history.compacted) return;
    }
  };
  for (const tree of [present, deleted]) {
    tree.visit(
      () => false,
      (_key, version) => {
        follow(version);
        return true;
      },
    );
  }
  for (const version of history.versions) follow(version);
  return [...found.values()].sort((a, b) => a.revision - b.revision);
}

function corrupt(problem: string, cause?: unknown): StoreError {
  return new StoreError("Corrupt", `Cannot read the image of a store: ${problem}`, { cause });
}
