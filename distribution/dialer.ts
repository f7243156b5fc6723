import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { duplexOf } from "@kubets/apiserver/node";
import type { Dialer, DialRequest, DialResponse, DialTarget, Headers, Tasks } from "@kubets/machinery";

/**
 * Reaches kubelets and other servers over sockets. HTTP/1.1, a connection for each request: what goes this way is rare or long, and
 * an upgrade needs a connection of its own anyway.
 */
export function createDialer({ tasks }: { readonly tasks: Tasks }): Dialer {
  return {
    request: (target, request, signal) =>
      tasks.run("dialled request", async () => {
        const outgoing = open(target, request, signal);
        outgoing.end(request.body);
        const [incoming] = (await once(outgoing, "response", { signal })) as [IncomingMessage];
        return answerOf(incoming);
      }),
    upgrade: (target, request, signal) =>
      tasks.run("dialled upgrade", async () => {
        const outgoing = open(target, request, signal);
        outgoing.end(request.body);
        const answer = Promise.withResolvers<Awaited<ReturnType<Dialer["upgrade"]>>>();
        outgoing.once("error", answer.reject);
        outgoing.once("response", (incoming) => answer.resolve(answerOf(incoming)));
        outgoing.once("upgrade", (incoming, socket, head) => {
          answer.resolve({ status: 101, headers: headersOf(incoming), connection: duplexOf(socket, head) });
        });
        return answer.promise;
      }),
  };
}

// A machine that is gone doesn't answer at all.
const longestConnecting = 30_000;

function open(target: DialTarget, request: DialRequest, signal: AbortSignal): ClientRequest {
  const outgoing = connect(target, request, signal);
  outgoing.once("socket", (socket) => {
    socket.setTimeout(longestConnecting, () => socket.destroy(new Error(`dial tcp ${new URL(target.origin).host}: i/o timeout`)));
    socket.once("connect", () => socket.setTimeout(0));
  });
  return outgoing;
}

function connect(
  { origin, certificateAuthority, serverName, clientCertificate, anyCertificate = false }: DialTarget,
  { method, target, headers }: DialRequest,
  signal: AbortSignal,
): ClientRequest {
  const { protocol, hostname, port } = new URL(origin);
  // The path as it is: a URL would take the dots out of it.
  const options = {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    ...(port === "" ? {} : { port }),
    path: target,
    method,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]])),
    signal,
    agent: false,
    // What runs in Pods ends its lines as it likes, and Go reads it all the same. No second answer can hide behind the first: there is
    // none on this connection.
    insecureHTTPParser: true,
  };
  if (protocol === "http:") return httpRequest(options);
  return httpsRequest({
    ...options,
    ...(anyCertificate ? { rejectUnauthorized: false } : {}),
    ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(clientCertificate === undefined ? {} : { cert: clientCertificate.certificate, key: clientCertificate.key }),
  });
}

function answerOf(incoming: IncomingMessage): DialResponse {
  return { status: incoming.statusCode ?? 502, headers: headersOf(incoming), body: incoming };
}

function headersOf({ headers }: IncomingMessage): Headers {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
  );
  return Object.fromEntries(entries) as Headers;
}
