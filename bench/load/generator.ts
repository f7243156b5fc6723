/** Sends requests in a process of its own, so that it neither waits for what it measures nor is waited for. Spoken to by {@link load}. */
import { Http2Connection } from "./http2-connection.ts";
import type { Job, LoadResult, Message, Requests } from "./load.ts";

process.once("message", (job: Job) => {
  run(job).then(
    (results) => tell({ results }),
    (error: unknown) => tell({ failed: String(error) }),
  );
});

function tell(message: Message): void {
  process.send!(message, () => {
    if ("warm" in message) return;
    process.disconnect();
  });
}

async function run({ origin, credentials, warmUpSeconds, seconds, requests }: Job): Promise<readonly LoadResult[]> {
  const now = (): number => performance.now();
  const began = now();
  const from = began + warmUpSeconds * 1000;
  const until = from + seconds * 1000;
  const timer = setTimeout(() => tell({ warm: true }), warmUpSeconds * 1000);
  const results = requests.map(async (sort): Promise<LoadResult> => {
    const connection = await Http2Connection.open(origin, credentials);
    try {
      const times = await repeat(connection, sort, { now, from, until });
      times.sort((a, b) => a - b);
      const at = (q: number): number => times[Math.min(times.length - 1, Math.floor(q * times.length))] ?? Number.NaN;
      return { perSecond: times.length / seconds, median: at(0.5), p99: at(0.99), longest: at(1), count: times.length };
    } finally {
      connection.close();
    }
  });
  try {
    return await Promise.all(results);
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds of each answer that came between `from` and `until`. */
function repeat(
  connection: Http2Connection,
  { method, path, headers = {}, body, counter, expected, needsBody = false, inFlight, perSecond }: Requests,
  { now, from, until }: { readonly now: () => number; readonly from: number; readonly until: number },
): Promise<number[]> {
  const fields = connection.fields(method, headers);
  const bytes = body === undefined ? undefined : Buffer.from(body, "base64");
  let next = counter?.first ?? 0;
  return new Promise((resolve, reject) => {
    const times: number[] = [];
    let underWay = 0;
    const once = (): void => {
      const began = now();
      underWay++;
      const number = String(next++).padStart(8, "0");
      if (bytes !== undefined && counter?.offset !== undefined) bytes.write(number, counter.offset, "latin1");
      // The connection may keep the body until it can be sent.
      const sent = bytes !== undefined && counter?.offset !== undefined ? Buffer.from(bytes) : bytes;
      connection.request(fields, path.replace("{number}", number), sent, {
        onEnd(status, hadBody) {
          underWay--;
          const ended = now();
          if (status !== expected || (needsBody && !hadBody))
            return reject(new Error(`Cannot measure: ${method} ${path} answered ${status}, not ${expected}`));
          if (ended >= from && ended < until) times.push(ended - began);
          if (ended < until) {
            if (perSecond === undefined) once();
          } else if (underWay === 0) resolve(times);
        },
      });
    };
    if (perSecond === undefined) {
      for (let count = 0; count < inFlight; count++) once();
      return;
    }
    const timer = setInterval(() => {
      if (now() < until) return once();
      clearInterval(timer);
      if (underWay === 0) resolve(times);
    }, 1000 / perSecond);
  });
}
