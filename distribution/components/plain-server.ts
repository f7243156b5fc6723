import { listenProxyHealth } from "@kubets/kube-proxy/node";
import type { Handler, Tasks } from "@kubets/machinery";
import { FlagError } from "./flags.ts";

/** Where a component answers without TLS and without asking who it is. */
export interface PlainAddress {
  readonly address: string;
  readonly port: number;
}

/** `0.0.0.0:10256` → its parts; `undefined` for port 0 and for nothing, as upstream: it listens nowhere. */
export function parsePlainAddress(text: string, what: string): PlainAddress | undefined {
  if (text === "") return undefined;
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535)
    throw new FlagError(`${what}: ${JSON.stringify(text)} must be an address with a port, such as 127.0.0.1:10256`);
  return port === 0 ? undefined : { address: (bracketed ?? plain) || "0.0.0.0", port };
}

/** Rejects with a sentence when the port is taken. */
export async function servePlain(
  at: PlainAddress | undefined,
  handle: Handler,
  { tasks }: { readonly tasks: Tasks },
): Promise<AsyncDisposable> {
  if (at === undefined) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  try {
    const listener = await listenProxyHealth({ handle }, { ...at, tasks });
    return { [Symbol.asyncDispose]: () => listener.close() };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    throw new Error(`Cannot listen on ${at.address}:${at.port}: another program does`, { cause: error });
  }
}
