import type { DatabaseSync, StatementSync } from "node:sqlite";

const sources = {
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
  rollback: "ROLLBACK",
  insertRevision: "INSERT INTO revisions (revision, key, created, previous, expires, size, instant) VALUES (?, ?, ?, ?, ?, ?, ?)",
  insertEnvelope: "INSERT INTO envelopes (revision, created, envelope) VALUES (?, ?, ?)",
  removeRevision: "DELETE FROM revisions WHERE revision = ? RETURNING size",
  removeEnvelope: "DELETE FROM envelopes WHERE revision = ?",
  // A text is made more quickly than an array of bytes.
  revisionsAfter:
    "SELECT revision, CAST(key AS TEXT), created, previous, expires, size FROM revisions WHERE revision > ? ORDER BY revision LIMIT ?",
  envelope: "SELECT created, envelope FROM envelopes WHERE revision = ?",
  previous: "SELECT previous FROM revisions WHERE revision = ?",
  changes: "SELECT key, previous FROM revisions WHERE revision > ? AND revision <= ? AND key >= ? AND key < ? ORDER BY revision",
  // CROSS keeps the order: only the envelopes of rows that match are looked up.
  events: `
    SELECT revision, key, revisions.created, previous, expires, envelope FROM revisions CROSS JOIN envelopes USING (revision)
    WHERE revision > ? AND revision <= ? AND key >= ? AND key < ? ORDER BY revision`,
  horizon: "SELECT compacted, swept, last FROM horizon",
  setHorizon: "UPDATE horizon SET compacted = ?, swept = ?, last = ?",
  sweepable: "SELECT revision, created, previous FROM revisions WHERE revision > ? AND revision <= ? ORDER BY revision LIMIT ?",
  newest: "SELECT revision, instant FROM revisions ORDER BY revision DESC LIMIT 1",
  atOrAfter: "SELECT revision, instant FROM revisions WHERE revision >= ? ORDER BY revision LIMIT 1",
} as const;

/** Everything that the store asks of its tables. Rows come as arrays, in the order of the columns above. */
export type Statements = Readonly<Record<keyof typeof sources, StatementSync>>;

export function prepareStatements(db: DatabaseSync): Statements {
  const prepare = (sql: string): StatementSync => {
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  };
  return Object.fromEntries(Object.entries(sources).map(([name, sql]) => [name, prepare(sql)])) as unknown as Statements;
}
