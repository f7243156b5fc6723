import { markOf } from "./values.ts";

/** What a system-call trace of a writer says, in its order: bytes to the log, syncs of the log that are over, acknowledgements. */
export type TraceEvent =
  | { readonly type: "log"; readonly bytes: string }
  | { readonly type: "sync" }
  | { readonly type: "acknowledge"; readonly key: string; readonly before: number };

/**
 * Reads the output of `strace -f -y -e trace=pwrite64,write,fdatasync,fsync`. A call that another thread interrupts is in two lines; a
 * sync counts from the line in which it ends, an acknowledgement from the one in which it begins.
 */
export function readTrace(lines: readonly string[]): readonly TraceEvent[] {
  const unfinished = new Map<string, string>();
  const events: TraceEvent[] = [];
  for (const line of lines) {
    const [, pid = "", text = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const acknowledgement = /^write\(1<[^>]*>, "(?:put|delete) \d+ (\d+) ([^\\"]+)/.exec(text);
    if (acknowledgement !== null) events.push({ type: "acknowledge", key: acknowledgement[2]!, before: Number(acknowledgement[1]) });
    if (text.endsWith("<unfinished ...>")) {
      unfinished.set(pid, text.slice(0, -"<unfinished ...>".length));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    const call = resumed === null ? text : (unfinished.get(pid) ?? "") + resumed[1]!;
    const [, name, file = "", rest = ""] = /^(\w+)\(\d+<([^>]*)>(.*)$/s.exec(call) ?? [];
    if (!file.endsWith("-wal") || !/\) += \d+$/.test(rest)) continue;
    if (name === "pwrite64") events.push({ type: "log", bytes: rest });
    else if (name === "fsync" || name === "fdatasync") events.push({ type: "sync" });
  }
  return events;
}

/** The writes that were acknowledged before a sync of the log that holds them was over. */
export function acknowledgedTooEarly(events: readonly TraceEvent[]): readonly string[] {
  const early: string[] = [];
  let unsynced = "";
  let synced = "";
  for (const event of events) {
    switch (event.type) {
      case "log":
        unsynced += event.bytes;
        break;
      case "sync":
        synced += unsynced;
        unsynced = "";
        break;
      case "acknowledge":
        if (!synced.includes(markOf(event.key, event.before))) early.push(markOf(event.key, event.before));
    }
  }
  return early;
}
