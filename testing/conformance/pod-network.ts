import type { Dialer, DialRequest } from "@kubets/machinery";

/** What a container answers. */
export interface SiteAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Stands where simulated Pods have no network: `answer` is every container that listens, asked by its port. */
export function podNetwork(
  answer: (request: DialRequest, port: { readonly number: number; readonly isTls: boolean }) => SiteAnswer,
): Dialer {
  return {
    async request({ origin }, request) {
      const isTls = origin.startsWith("https:");
      const port = new URL(origin).port;
      const number = port === "" ? (isTls ? 443 : 80) : Number(port);
      const { status = 200, headers = {}, body = "" } = answer(request, { number, isTls });
      return { status, headers, body: bytesOf(request.method === "HEAD" ? "" : body) };
    },
    upgrade: () => Promise.reject(new Error("Nothing here upgrades connections")),
  };
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
