import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Blob, BuiltImage } from "@kubets/container-runtime";

export interface RegistryOptions {
  /** By repository and tag, such as `busybox:1`. */
  readonly images: Readonly<Record<string, BuiltImage>>;
  /** Who may pull; everyone when absent. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Speaks TLS with these, in PEM; plain HTTP when absent. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** A registry on loopback that can be pulled from. */
export interface Registry extends AsyncDisposable {
  /** Such as `127.0.0.1:34567`. */
  readonly host: string;
  /** The whole name of an image of it. */
  nameOf(image: string): string;
  /** Every request so far, such as `GET /v2/busybox/manifests/1`. */
  readonly requests: readonly string[];
}

/** Serves images by the distribution protocol (`/v2/`) until it is disposed of. */
export async function startRegistry({ images, credentials, tls }: RegistryOptions): Promise<Registry> {
  const requests: string[] = [];
  const expected = credentials && `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(`${request.method} ${request.url}`);
    if (expected !== undefined && request.headers.authorization !== expected) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="registry"' }).end();
      return;
    }
    answer(request, response, images);
  };
  const server = tls === undefined ? createServer(serve) : createSecureServer({ cert: tls.certificate, key: tls.key }, serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    nameOf: (image) => `${host}/${image}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, images: RegistryOptions["images"]): void {
  const path = new URL(request.url ?? "/", "http://registry").pathname;
  if (path === "/v2/") return void response.writeHead(200).end("{}");
  const [, repository = "", kind, reference = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
  const found = kind === "manifests" ? manifestOf(images, repository, reference) : blobOf(images, repository, reference);
  if (found === undefined) {
    const code = kind === "manifests" ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN";
    return void response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify({ errors: [{ code, message: path }] }));
  }
  response.writeHead(200, {
    "content-type": found.mediaType,
    "content-length": found.bytes.length,
    "docker-content-digest": found.digest,
  });
  response.end(request.method === "HEAD" ? undefined : found.bytes);
}

function manifestOf(images: RegistryOptions["images"], repository: string, reference: string): Blob | undefined {
  const tagged = images[`${repository}:${reference}`];
  return tagged?.manifest ?? ofRepository(images, repository).find(({ manifest }) => manifest.digest === reference)?.manifest;
}

function blobOf(images: RegistryOptions["images"], repository: string, digest: string): Blob | undefined {
  return ofRepository(images, repository)
    .flatMap(({ blobs }) => blobs)
    .find((blob) => blob.digest === digest);
}

function ofRepository(images: RegistryOptions["images"], repository: string): readonly BuiltImage[] {
  return Object.entries(images).flatMap(([name, image]) => (name.slice(0, name.lastIndexOf(":")) === repository ? [image] : []));
}
