import type { StatementSync } from "node:sqlite";
import type { Block } from "./block.ts";
import { BlockWriter, blockOf } from "./block.ts";
import type { Opened } from "./disk.ts";

interface KeyFacts {
  readonly oldest: number;
  readonly beforeOldest: number;
  revision: number;
  created: number;
  expires: number;
  size: number;
}

type Row = [revision: number, key: string, created: number, previous: number, expires: number, size: number];

const blockBytes = 2 ** 20;
const rowsAtOnce = 20_000;

/** What `Opened` says of the keys, from the facts of every revision in order. Nothing that was written is read. */
export function loadKeys(revisionsAfter: StatementSync): Pick<Opened, "keys" | "bytes"> {
  const facts = new Map<string, KeyFacts>();
  let bytes = 0;
  for (let last = 0, more = true; more;) {
    const rows = revisionsAfter.all(last, rowsAtOnce) as unknown as Row[];
    for (const [revision, key, created, previous, expires, size] of rows) {
      bytes += size;
      last = revision;
      const known = facts.get(key);
      if (known === undefined) facts.set(key, { oldest: revision, beforeOldest: previous, revision, created, expires, size });
      else Object.assign(known, { revision, created, expires, size });
    }
    more = rows.length === rowsAtOnce;
  }
  const keys: Block[] = [];
  let block = new BlockWriter(new ArrayBuffer(blockBytes));
  for (const [key, { revision, created, expires, size, oldest, beforeOldest }] of facts) {
    if (block.length > blockBytes - 4096) {
      keys.push(blockOf(block));
      block = new BlockWriter(new ArrayBuffer(blockBytes));
    }
    block.text(key);
    for (const number of [revision, created, expires, size, oldest, beforeOldest]) block.number(number);
  }
  keys.push(blockOf(block));
  return { keys, bytes };
}
