import type { Duplex } from "@kubets/machinery";

/** The two ends of a connection in memory: what is written to one is read from the other. A write resolves when it has been taken. */
export function createDuplexPair(): readonly [Duplex, Duplex] {
  const there = createPipe();
  const back = createPipe();
  const reset = (error: unknown): void => {
    there.fail(error);
    back.fail(error);
  };
  return [endOf(there, back, reset), endOf(back, there, reset)];
}

function endOf(outgoing: Pipe, incoming: Pipe, reset: (error: unknown) => void): Duplex {
  return {
    readable: readableOf(incoming, reset),
    write: (bytes) => outgoing.write(bytes),
    async end(error) {
      if (error === undefined) outgoing.end();
      else reset(error);
    },
  };
}

async function* readableOf(pipe: Pipe, reset: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  let ended = false;
  try {
    for (let bytes = await pipe.read(); bytes !== undefined; bytes = await pipe.read()) yield bytes;
    ended = true;
  } finally {
    if (!ended) reset(new Error("Cannot write: the other end stopped reading"));
  }
}

interface Pipe {
  write(bytes: Uint8Array): Promise<void>;
  /** `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  end(): void;
  fail(error: unknown): void;
}

interface PendingWrite {
  readonly bytes: Uint8Array;
  readonly taken: PromiseWithResolvers<void>;
}

function createPipe(): Pipe {
  const writes: PendingWrite[] = [];
  let reader: PromiseWithResolvers<Uint8Array | undefined> | undefined;
  let state: { readonly is: "open" } | { readonly is: "ended" } | { readonly is: "failed"; readonly error: unknown } = { is: "open" };

  return {
    async write(bytes) {
      if (state.is === "failed") throw state.error;
      if (state.is === "ended") throw new Error("Cannot write: this direction of the connection has ended");
      if (reader !== undefined) {
        reader.resolve(bytes);
        reader = undefined;
        return;
      }
      const taken = Promise.withResolvers<void>();
      writes.push({ bytes, taken });
      await taken.promise;
    },
    async read() {
      const write = writes.shift();
      if (write !== undefined) {
        write.taken.resolve();
        return write.bytes;
      }
      if (state.is === "failed") throw state.error;
      if (state.is === "ended") return undefined;
      reader = Promise.withResolvers();
      return reader.promise;
    },
    end() {
      if (state.is !== "open") return;
      state = { is: "ended" };
      reader?.resolve(undefined);
      reader = undefined;
    },
    fail(error) {
      if (state.is === "failed") return;
      state = { is: "failed", error };
      for (const { taken } of writes.splice(0)) taken.reject(error);
      reader?.reject(error);
      reader = undefined;
    },
  };
}
