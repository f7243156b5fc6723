import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createSecureContext, type SecureContext } from "node:tls";
import { EndpointSliceKind, ServiceKind } from "@kubets/api";
import type { Client } from "@kubets/client";
import { createDialer } from "@kubets/distribution/dialer";
import { createTasks, type Dialer } from "@kubets/machinery";
import { turn } from "@kubets/machinery/node";
import { afterAll, beforeAll } from "vitest";
import { testAuthority } from "./test-certificates.ts";

/** What a webhook is sent: an AdmissionReview or a ConversionReview. */
export interface Review {
  readonly kind: string;
  readonly apiVersion: string;
  readonly request: {
    readonly uid: string;
    readonly operation: string;
    readonly name?: string;
    readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
    readonly subResource?: string;
    readonly object: ReviewedObject | null;
    readonly oldObject: ReviewedObject | null;
    readonly desiredAPIVersion: string;
    readonly objects: readonly ReviewedObject[];
  };
}

export interface ReviewedObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly containers?: readonly { readonly image: string }[] };
  readonly [field: string]: unknown;
}

/** What a webhook answers, without the uid of the request. */
export type Webhook = (review: Review) => object | Promise<object>;

/** A server of webhooks that listens on this machine by TLS. A cluster reaches it as a Service. */
export interface WebhookServer {
  /** What the cluster is given to reach it. */
  readonly dialer: Dialer;
  /** Makes the Service in a namespace, and answers how a webhook of it is reached at a path. */
  service(client: Client, namespace: string): Promise<(path: string) => ClientConfig>;
}

export interface ClientConfig {
  readonly service: { readonly namespace: string; readonly name: string; readonly path: string; readonly port: number };
  readonly caBundle: string;
}

// Of the addresses that are nobody's: the Service leads to it, and the dialer from it to this machine, since no endpoint may be on loopback.
const address = "192.0.2.10";
const port = 8443;
const service = "webhook";

/** The server of a test file: started before its tests, stopped after them. */
export function webhookServer(webhooks: Readonly<Record<string, Webhook>>): WebhookServer {
  let authority: Awaited<ReturnType<typeof testAuthority>> | undefined;
  let server: Server | undefined;
  const certificateFor = async (name: string): Promise<SecureContext> => {
    const { certificate, key } = await authority!.issue(name);
    return createSecureContext({ cert: certificate, key });
  };
  beforeAll(async () => {
    authority = await testAuthority();
    const { certificate, key } = await authority.issue("localhost");
    server = createServer({
      cert: certificate,
      key,
      SNICallback: (name, done) =>
        void certificateFor(name).then(
          (context) => done(null, context),
          (error: unknown) => done(error as Error),
        ),
    });
    server.on("request", (request, response) => void answer(request, response, webhooks));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(async () => {
    server?.closeAllConnections();
    if (server !== undefined) await new Promise((resolve) => server!.close(resolve));
  });
  const sockets = createDialer({ tasks: createTasks({ turn }) });
  const here = (origin: string): string =>
    origin === `https://${address}:${port}` ? `https://127.0.0.1:${(server!.address() as AddressInfo).port}` : origin;
  return {
    dialer: {
      request: (target, request, signal) => sockets.request({ ...target, origin: here(target.origin) }, request, signal),
      upgrade: (target, request, signal) => sockets.upgrade({ ...target, origin: here(target.origin) }, request, signal),
    },
    async service(client, namespace) {
      await client
        .resource(ServiceKind)
        .in(namespace)
        .create({ metadata: { name: service }, spec: { ports: [{ port: 443, targetPort: port }] } });
      await client
        .resource(EndpointSliceKind)
        .in(namespace)
        .create({
          metadata: { name: service, labels: { "kubernetes.io/service-name": service } },
          addressType: "IPv4",
          endpoints: [{ addresses: [address] }],
          ports: [{ name: "", port }],
        });
      const caBundle = btoa(authority!.certificate);
      return (path) => ({ service: { namespace, name: service, path, port: 443 }, caBundle });
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, webhooks: Readonly<Record<string, Webhook>>): Promise<void> {
  const [path = ""] = (request.url ?? "").split("?");
  const webhook = webhooks[path];
  if (webhook === undefined) return void response.writeHead(404).end();
  const { kind, apiVersion, ...review } = JSON.parse(await text(request)) as Review;
  const { uid } = review.request;
  const said = await webhook({ kind, apiVersion, ...review });
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ kind, apiVersion, response: { uid, ...said } }));
}

/** The answer of a webhook that changes an object by a JSON patch; without steps it changes nothing. */
export function patching(...steps: readonly object[]): object {
  return steps.length === 0 ? { allowed: true } : { allowed: true, patchType: "JSONPatch", patch: btoa(JSON.stringify(steps)) };
}

export function denying(message: string): object {
  return { allowed: false, status: { message } };
}
