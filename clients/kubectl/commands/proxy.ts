import type { Command, HttpAnswer, HttpRequest } from "../command-line/command.ts";
import type { Connection } from "../requests/connection.ts";
import { judgeOf } from "./proxy-filter.ts";

/** Serves the API, as whoever the kubeconfig says, over plain HTTP on this machine until Ctrl-C. */
export const proxy: Command = {
  flags: [
    { name: "port", short: "p", takes: "number" },
    ...["address", "api-prefix", "accept-paths", "reject-paths", "accept-hosts", "reject-methods"].map(
      (name) => ({ name, takes: "text" }) as const,
    ),
    { name: "disable-filter", takes: "nothing" },
  ],
  async run(invocation) {
    const { flags, io, signal } = invocation;
    const judge = judgeOf(flags);
    const connection = await invocation.connect();
    const answer = async (request: HttpRequest): Promise<HttpAnswer> => {
      const verdict = judge({ method: request.method, target: request.target, host: request.headers["host"] ?? "" });
      switch (verdict.is) {
        case "passed on":
          return passOn(connection, { ...request, target: verdict.target });
        case "redirected":
          return said(301, "Moved Permanently", { location: verdict.location });
        case "malformed":
          return said(400, "400 Bad Request");
        case "forbidden":
          return said(403, "Forbidden");
        case "unknown":
          return said(404, "404 page not found");
      }
    };
    const address = flags.text("address") ?? "127.0.0.1";
    await using server = await io.serve(flags.number("port") ?? 8001, address, answer);
    io.out(`Starting to serve on ${address.includes(":") ? `[${address}]` : address}:${server.port}\n`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  },
};

/** What belongs to one connection, and is another on each side of the proxy. */
const ofConnection: ReadonlySet<string> = new Set([
  ...["connection", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings"],
]);

async function passOn({ api }: Connection, { method, target, headers, body, signal }: HttpRequest): Promise<HttpAnswer> {
  if (headers["upgrade"] !== undefined) return said(501, "This proxy passes no upgrades on");
  try {
    const response = await api.pass({ method, target, headers: passed(headers), ...(body.length === 0 ? {} : { body }) }, signal);
    return { status: response.status, headers: passed(response.headers), body: response.chunks() };
  } catch (error) {
    return said(500, error instanceof Error ? error.message : String(error));
  }
}

function passed(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.has(name) && !name.startsWith(":")));
}

function said(status: number, text: string, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  const body = new TextEncoder().encode(`${text}\n`);
  return {
    status,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "content-length": `${body.length}`,
      "x-content-type-options": "nosniff",
      ...headers,
    },
    body: (async function* () {
      yield body;
    })(),
  };
}
