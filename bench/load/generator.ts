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
  const began = performance.now();
  const from = began + warmUpSeconds * 1000;
  const until = from + seconds * 1000;
  const timer = setTimeout(() => tell({ warm: true }), warmUpSeconds * 1000);
  const results = requests.map(async (sort): Promise<LoadResult> => {
    const connection = await Http2Connection.open(origin, credentials);
    try {
      const { times, bytes } = await repeat(connection, sort, { from, until });
      times.sort((a, b) => a - b);
      const at = (q: number): number => times[Math.min(times.length - 1, Math.floor(q * times.length))] ?? Number.NaN;
      return { perSecond: times.length / seconds, median: at(0.5), p99: at(0.99), longest: at(1), count: times.length, bytes };
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

interface Answers {
  /** Milliseconds of each. */
  readonly times: number[];
  bytes: number;
}

/** The answers that came between `from` and `until`. */
function repeat(
  connection: Http2Connection,
  { method, path, headers = {}, body, counter, expected, needsBody = false, inFlight, perSecond, total = Infinity }: Requests,
  { from, until }: { readonly from: number; readonly until: number },
): Promise<Answers> {
  const fields = connection.fields(method, headers);
  const bytes = body === undefined ? undefined : Buffer.from(body, "base64");
  const { offsets = [], nameOffsets = [], modulo = 1e8 } = counter ?? {};
  const answers: Answers = { times: [], bytes: 0 };
  let sent = 0;
  let underWay = 0;
  return new Promise((resolve, reject) => {
    const isOver = (): boolean => sent >= total || performance.now() >= until;
    const once = (): void => {
      const began = performance.now();
      let received = 0;
      const number = eightDigits(sent);
      const name = eightDigits(sent % modulo);
      sent++;
      underWay++;
      for (const offset of offsets) bytes?.write(number, offset, "latin1");
      for (const offset of nameOffsets) bytes?.write(name, offset, "latin1");
      // The connection may keep the body until it can be sent.
      const copy = bytes === undefined || counter === undefined ? bytes : Buffer.from(bytes);
      connection.request(fields, path.replace("{number}", name), copy, {
        onData(piece) {
          received += piece.length;
        },
        onEnd(status, hadBody) {
          underWay--;
          const ended = performance.now();
          if (status !== expected || (needsBody && !hadBody)) {
            return reject(new Error(`Cannot measure: ${method} ${path} answered ${status}, not ${expected}`));
          }
          if (ended >= from && ended < until) {
            answers.times.push(ended - began);
            answers.bytes += received;
          }
          if (perSecond === undefined && !isOver()) once();
          else if (underWay === 0 && isOver()) resolve(answers);
        },
      });
    };
    if (perSecond === undefined) {
      for (let count = 0; count < Math.min(inFlight, total); count++) once();
      return;
    }
    const timer = setInterval(() => {
      if (!isOver()) return once();
      clearInterval(timer);
      if (underWay === 0) resolve(answers);
    }, 1000 / perSecond);
  });
}

function eightDigits(number: number): string {
  return String(number).padStart(8, "0");
}
