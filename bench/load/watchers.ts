/** Watches over as many connections as asked, and counts events. Spoken to by {@link startWatching}. */
import type { RequestFields } from "./header-block.ts";
import { Http2Connection } from "./http2-connection.ts";
import type { WatcherMessage, WatchJob } from "./watching.ts";

const newline = 0x0a;
let events = 0;

process.on("message", (message: WatchJob | "count") => {
  if (message === "count") return tell({ events });
  watch(message).then(
    () => tell({ ready: true }),
    (error: unknown) => tell({ failed: String(error) }),
  );
});
process.once("disconnect", () => process.exit(0));

function tell(message: WatcherMessage): void {
  process.send!(message);
}

/** Resolves when every watch has begun, at the present. */
async function watch({ origin, credentials, path, connections, perConnection }: WatchJob): Promise<void> {
  const begun: Promise<void>[] = [];
  let from = "";
  for (let opened = 0; opened < connections; opened++) {
    const connection = await Http2Connection.open(origin, credentials);
    const fields = connection.fields("GET", { accept: "application/json" });
    if (from === "") from = await revisionOf(connection, fields, path);
    for (let stream = 0; stream < perConnection; stream++) {
      const first = Promise.withResolvers<void>();
      begun.push(first.promise);
      connection.request(fields, `${path}?watch=true&resourceVersion=${from}`, undefined, {
        onHead: () => first.resolve(),
        onData(bytes) {
          for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) events++;
        },
        onEnd: (status) => tell({ failed: `Cannot measure: a watch ended after it had answered ${status}` }),
      });
    }
  }
  await Promise.all(begun);
}

function revisionOf(connection: Http2Connection, fields: RequestFields, path: string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    connection.request(fields, `${path}?limit=1`, undefined, {
      onData: (bytes) => (text += Buffer.from(bytes).toString()),
      onEnd: () => resolve((JSON.parse(text) as { readonly metadata: { readonly resourceVersion: string } }).metadata.resourceVersion),
    });
  });
}
