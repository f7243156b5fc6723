/** The messages on a connection, each behind its length in two bytes. Ends with the connection, also in the middle of a message. */
export async function* readFrames(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  let rest: Uint8Array = new Uint8Array(0);
  try {
    for await (const chunk of stream) {
      rest = rest.length === 0 ? chunk : concatenate(rest, chunk);
      for (let length = lengthOf(rest); length !== undefined && rest.length >= length + 2; length = lengthOf(rest)) {
        yield rest.slice(2, length + 2);
        rest = rest.subarray(length + 2);
      }
    }
  } catch {
    // A connection that breaks says no more than one that ends.
  }
  return undefined;
}

function lengthOf(bytes: Uint8Array): number | undefined {
  return bytes.length < 2 ? undefined : (bytes[0]! << 8) | bytes[1]!;
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
