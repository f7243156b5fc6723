import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { duplexOf } from "@kubets/apiserver/node";
import type { Dialer, DialResponse, DialTarget, Headers, Request, Tasks } from "@kubets/machinery";

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

function open(
  { origin, certificateAuthority, serverName, clientCertificate }: DialTarget,
  { method, target, headers }: Request,
  signal: AbortSignal,
): ClientRequest {
  const url = new URL(target, origin);
  const options = { method, headers, signal, agent: false };
  if (url.protocol === "http:") return httpRequest(url, options);
  return httpsRequest(url, {
    ...options,
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
