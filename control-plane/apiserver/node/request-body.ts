import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { badRequest, type Headers, requestTooLarge, StatusError, type Task } from "@kubets/machinery";
import { longestBody } from "../request/body.ts";

const unzip = promisify(gunzip);

// A body must have arrived after this time: a caller that sends a byte now and then would hold memory for ever.
const longestArrival = 60_000;

/** Reads the whole body of a request and undoes its content encoding. Throws a `StatusError` for one that is too large, too slow or malformed. */
export async function readBody(readable: Readable, headers: Headers, task: Task): Promise<Uint8Array | undefined> {
  const length = Number(headers["content-length"] ?? 0);
  if (length > longestBody) throw requestTooLarge(longestBody);
  const body = await task.idle(collect(readable));
  if (body.length === 0) return undefined;
  switch (headers["content-encoding"]) {
    case undefined:
    case "":
    case "identity":
      return body;
    case "gzip":
      return await inflate(body);
    default:
      throw new StatusError(
        415,
        "UnsupportedMediaType",
        `the content encoding ${JSON.stringify(headers["content-encoding"])} of the body is not supported`,
      );
  }
}

function collect(readable: Readable): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const timer = setTimeout(() => finish(() => reject(slow)), longestArrival);
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      readable.removeListener("data", onData).removeListener("end", onEnd).removeListener("close", onClose);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > longestBody) return finish(() => reject(requestTooLarge(longestBody)));
      chunks.push(chunk);
    };
    const onEnd = (): void => finish(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)));
    const onClose = (): void => finish(() => reject(badRequest("the connection ended before the body of the request")));
    readable.on("data", onData).on("end", onEnd).on("close", onClose);
    // Errors of the stream end in its close; without a listener they would end the process.
    readable.on("error", () => {});
  });
}

const slow = new StatusError(408, "Timeout", "the body of the request did not arrive in time");

async function inflate(body: Uint8Array): Promise<Uint8Array> {
  try {
    return await unzip(body, { maxOutputLength: longestBody });
  } catch (cause) {
    if (cause instanceof RangeError) throw requestTooLarge(longestBody);
    throw badRequest("the body of the request is not valid gzip", { cause });
  }
}
