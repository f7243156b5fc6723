import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import type { DecodedObjects, SharedObjects } from "@kubets/apiserver";
import type { Instant, RandomState } from "@kubets/machinery";
import type { SimulatedNodesState } from "@kubets/simulated";
import { decodeImage, encodeImage, type MemoryImage } from "@kubets/store/memory";

/** A whole cluster at one moment: its objects with their history, its nodes with their Pods, its time and its chance. */
export interface ClusterSnapshot {
  readonly revision: number;
  /** The cluster's time. */
  readonly now: Instant;
  readonly seed: number;
  /** Writes it into one file, which `startCluster({ snapshot: path })` opens, in this process or another, on this machine or another. */
  save(path: string): void;
}

export interface SnapshotContent {
  readonly store: MemoryImage;
  readonly random: RandomState;
  readonly seed: number;
  readonly now: Instant;
  readonly nodes?: SimulatedNodesState | undefined;
  /** Whether the store holds all that a new cluster begins with, because it is as one begins; see `StandardPartsOptions.defaultObjects`. */
  readonly isNew?: boolean;
  /** What the cluster has decoded already; not in a file. */
  readonly shared?: SharedObjects | undefined;
  /** What the store holds, as far as somebody has decoded it; not in a file. */
  readonly decoded?: DecodedObjects;
}

const contents = new WeakMap<ClusterSnapshot, SnapshotContent>();

export function clusterSnapshot(content: SnapshotContent): ClusterSnapshot {
  const snapshot: ClusterSnapshot = {
    revision: content.store.history.current,
    now: content.now,
    seed: content.seed,
    save: (path) => writeFileSync(path, encodeSnapshot(content)),
  };
  contents.set(snapshot, content);
  return snapshot;
}

/** What a snapshot, or the file of one, holds. */
export function contentOf(snapshot: ClusterSnapshot | string): SnapshotContent {
  if (typeof snapshot === "string") return decodeSnapshot(readFileSync(snapshot), snapshot);
  const content = contents.get(snapshot);
  if (content === undefined) throw new TypeError("Cannot start from this snapshot: snapshot() of a cluster makes them, and no one else");
  return content;
}

// The file: a line that says what it is, then, compressed, a line of JSON and the store's image.
const title = "kubets cluster snapshot";
const format = 1;
const newline = 10;

interface Header {
  readonly random: RandomState;
  readonly seed: number;
  readonly now: Instant;
  readonly nodes?: SimulatedNodesState;
}

function encodeSnapshot({ store, random, seed, now, nodes }: SnapshotContent): Uint8Array {
  const header = JSON.stringify({ random, seed, now, ...(nodes === undefined ? {} : { nodes }) } satisfies Header);
  const body = gzipSync(Buffer.concat([Buffer.from(`${header}\n`), encodeImage(store)]), { level: 1 });
  return Buffer.concat([Buffer.from(`${title} ${format}\n`), body]);
}

function decodeSnapshot(file: Buffer, path: string): SnapshotContent {
  const end = file.subarray(0, 64).indexOf(newline);
  const first = file.subarray(0, Math.max(end, 0)).toString();
  if (!first.startsWith(`${title} `)) throw new Error(`Cannot start from ${path}: it is not the snapshot of a cluster`);
  if (first !== `${title} ${format}`)
    throw new Error(`Cannot start from ${path}: its format is ${first.slice(title.length + 1)}, this program reads ${format}`);
  try {
    const body = gunzipSync(file.subarray(end + 1));
    const separator = body.indexOf(newline);
    const header = JSON.parse(body.subarray(0, separator).toString()) as Header;
    return { ...header, store: decodeImage(body.subarray(separator + 1)) };
  } catch (cause) {
    throw new Error(`Cannot start from ${path}: the file is damaged`, { cause });
  }
}
