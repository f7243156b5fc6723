import { parentPort } from "node:worker_threads";
import { StoreError } from "../../store.ts";
import type { Block } from "./block.ts";
import { Database } from "./database.ts";
import type { Failure, ReplyMessage, RequestMessage, RequestName, Requests } from "./disk.ts";
import { readingError } from "./errors.ts";

/** The thread that reads and writes the file of a store. Its disk may be slow; nobody else waits for it. */

if (parentPort === null) throw new Error("This file is the thread of a store; it isn't run by itself");
const port = parentPort;
let database: Database | undefined;

port.on("message", (message: RequestMessage) => {
  let answer: ReplyMessage;
  const blocks: ArrayBuffer[] = [];
  try {
    answer = { id: message.id, reply: answerTo(message, (block) => blocks.push(block.buffer)) };
  } catch (error) {
    answer = { id: message.id, failure: failureOf(readingError(error)) };
  }
  port.postMessage(answer, blocks);
  // Now that the writers are being answered.
  if (message.name === "commit") database?.checkpoint();
});

/** `hand` is told the blocks that the answer hands over. */
function answerTo(message: RequestMessage, hand: (block: Pick<Block, "buffer">) => void): Requests[RequestName]["reply"] {
  if (message.name === "open") {
    database = new Database(message.request);
    const opened = database.load();
    for (const block of opened.keys) hand(block);
    return opened;
  }
  if (database === undefined) throw new StoreError("Unavailable", "Cannot use the store: its file isn't open");
  switch (message.name) {
    case "commit": {
      const committed = database.commit(message.request.batch);
      hand(committed);
      if (committed.previous !== undefined) hand(committed.previous);
      return committed;
    }
    case "entries": {
      const found = database.entries(message.request.revisions);
      hand(found.entries);
      return found;
    }
    case "changes": {
      const found = database.changes(message.request);
      hand(found.changes);
      return found;
    }
    case "events": {
      const found = database.events(message.request);
      hand(found.events);
      return found;
    }
    case "sweep":
      return database.sweep(message.request);
    case "forget":
      database.forget(message.request.superseded);
      return {};
    case "newestUntil":
      return { revision: database.newestUntil(message.request.instant) };
    case "close":
      database.close();
      database = undefined;
      return {};
  }
}

function failureOf({ reason, message, outcomeUnknown }: StoreError): Failure {
  return { reason, message, outcomeUnknown };
}
