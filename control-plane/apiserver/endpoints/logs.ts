import { noSuchPath, type Response } from "@kubets/machinery";
import type { PathEndpoint } from "../contracts.ts";
import { textAnswer } from "../request/answer.ts";

/** The directory of log files that a server shows. */
export interface LogFiles {
  /** What is at a path below the directory (`""`: the directory itself); `undefined` when there is nothing, or nothing to be shown. */
  read(path: string): Promise<{ readonly names: readonly string[] } | { readonly bytes: Uint8Array } | undefined>;
}

/** `/logs/`: the names of the log files, and the files, as web servers show directories. */
export function logsEndpoints(files: LogFiles): readonly PathEndpoint[] {
  return [
    {
      path: "/logs/",
      async endpoint({ info, request }) {
        if (request.method !== "GET" && request.method !== "HEAD") throw noSuchPath();
        const path = info.path.slice("/logs/".length);
        const found = await files.read(path);
        if (found === undefined) return textAnswer(404, "404 page not found\n");
        if ("bytes" in found) return textFile(found.bytes);
        return path === "" || path.endsWith("/") ? listing(found.names) : redirected(`/logs/${path}/`);
      },
    },
  ];
}

function listing(names: readonly string[]): Response {
  const lines = names
    .toSorted()
    .map((name) => `<a href="${encodeURI(name).replaceAll("#", "%23").replaceAll("?", "%3F")}">${escaped(name)}</a>\n`);
  const bytes = new TextEncoder().encode(`<pre>\n${lines.join("")}</pre>\n`);
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: { kind: "bytes", bytes: () => bytes } };
}

function textFile(bytes: Uint8Array): Response {
  const headers = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
  return { status: 200, headers, body: { kind: "bytes", bytes: () => bytes } };
}

function redirected(location: string): Response {
  return { status: 301, headers: { location }, body: { kind: "bytes", bytes: () => new Uint8Array() } };
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!);
}
