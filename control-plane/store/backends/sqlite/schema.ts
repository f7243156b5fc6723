import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "../../store.ts";

/** "kube" in the header of the file: whose it is. */
const applicationId = 0x6b756265;
/** The version of the tables and of what is in them. A file of a newer version is refused, an older one would be migrated here. */
const formatVersion = 1;

/**
 * One row of each table for each revision: small facts, from which a start learns which keys there are, and what was written. A deletion is created at 0. `previous` is the revision of
 * the key before, 0 when it was created by this one; what a key was at a revision follows from the first row after that.
 *
 * Rows are only added at the end, which costs half of what an index over the keys would, and are deleted by compaction.
 */
const tables = `
  CREATE TABLE revisions (
    revision INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    created INTEGER NOT NULL,
    previous INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    size INTEGER NOT NULL,
    instant INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE envelopes (
    revision INTEGER PRIMARY KEY,
    created INTEGER NOT NULL,
    envelope BLOB NOT NULL
  ) STRICT;
  CREATE TABLE horizon (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    compacted INTEGER NOT NULL,
    swept INTEGER NOT NULL,
    last INTEGER NOT NULL
  ) STRICT;
  INSERT INTO horizon VALUES (1, 0, 0, 0);
`;

/** Takes the file for this process alone, and makes it a store if it is new. Throws `StoreError` when it can't be used. */
export function prepareFile(db: DatabaseSync, path: string, synchronous: "FULL" | "OFF"): void {
  // With the exclusive lock taken before the first access the log's index lives in memory, and a second process is kept out.
  db.exec("PRAGMA locking_mode = EXCLUSIVE");
  const owner = pragma(db, "application_id");
  const version = pragma(db, "user_version");
  const isNew = owner === 0 && version === 0 && db.prepare("SELECT count(*) AS count FROM sqlite_schema").get()!["count"] === 0;
  if (!isNew && owner !== applicationId) {
    throw new StoreError("Corrupt", `Cannot open the store at ${path}: the file is a database of another program`);
  }
  if (version > formatVersion) {
    throw new StoreError(
      "Unavailable",
      `Cannot open the store at ${path}: its format is version ${version}, this program reads up to version ${formatVersion}; use the newer program`,
    );
  }
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA fullfsync = ${synchronous === "FULL" ? 1 : 0}`);
  // Checkpoints are made between batches, after their writers were answered; this is for when that can't be.
  db.exec("PRAGMA wal_autocheckpoint = 16000; PRAGMA cache_size = -8000");
  // The lock of reading becomes the lock of writing here, not at the first write.
  db.exec("BEGIN IMMEDIATE");
  if (isNew) db.exec(`${tables}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion}`);
  db.exec("COMMIT");
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()![name]);
}
