/** The bytes of a request's body: those given, or a JSON value's. */
export function encodeBody(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : encoder.encode(JSON.stringify(body));
}

const encoder = new TextEncoder();
