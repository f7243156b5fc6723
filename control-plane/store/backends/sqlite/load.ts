import type { Instant } from "@kubets/machinery";
import { KeyTree } from "../../key-tree.ts";
import type { Revision } from "../../store.ts";
import { BlockReader } from "./block.ts";
import type { Disk, OpenRequest } from "./disk.ts";
import type { KeyState } from "./group-commit.ts";
import type { Retention, SweeperState } from "./sweeper.ts";

interface Loading {
  readonly keys: KeyTree<KeyState>;
  readonly revision: Revision;
  readonly instant: number;
  readonly expiring: readonly { readonly key: string; readonly revision: Revision; readonly due: Instant }[];
}

/** Keys that are kept briefly: whose past was forgotten already, and whose past is still to be forgotten. */
interface Horizons {
  readonly forgotten: readonly { readonly key: string; readonly oldest: Revision }[];
  readonly superseded: readonly { readonly key: string; readonly newest: Revision; readonly retained: number }[];
}

/** Opens the file and learns which keys there are. No value is read. */
export async function loadStore(
  disk: Disk,
  file: OpenRequest,
  retention: Retention = () => undefined,
): Promise<{ readonly load: Loading; readonly sweeperState: SweeperState; readonly horizons: Horizons }> {
  const opened = await disk.call("open", file);
  const keys = new KeyTree<KeyState>();
  const expiring: { key: string; revision: Revision; due: Instant }[] = [];
  const forgotten: { key: string; oldest: Revision }[] = [];
  const superseded: { key: string; newest: Revision; retained: number }[] = [];
  let liveBytes = 0;
  for (const block of opened.keys) {
    const reader = new BlockReader(block);
    while (!reader.done) {
      const key = reader.text();
      const revision = reader.number() as Revision;
      const created = reader.number() as Revision;
      const expires = reader.number();
      const size = reader.number();
      const oldest = reader.number() as Revision;
      const beforeOldest = reader.number();
      const retained = retention(key);
      if (retained !== undefined) {
        if (beforeOldest !== 0 && oldest > opened.compacted) forgotten.push({ key, oldest });
        if (oldest < revision) superseded.push({ key, newest: revision, retained });
      }
      if (created === 0) continue;
      keys.set(key, { revision, created, size });
      liveBytes += size;
      if (expires !== 0) expiring.push({ key, revision, due: expires as Instant });
    }
  }
  return {
    load: { keys, revision: opened.last, instant: opened.lastInstant, expiring },
    sweeperState: { compacted: opened.compacted, swept: opened.swept, supersededBytes: opened.bytes - liveBytes },
    horizons: { forgotten, superseded },
  };
}
