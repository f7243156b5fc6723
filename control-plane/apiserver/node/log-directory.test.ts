import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Request, Response } from "@kubets/machinery";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RequestContext } from "../contracts.ts";
import { logsEndpoints } from "../endpoints/logs.ts";
import { logDirectory } from "./log-directory.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "logs-"));
  await mkdir(join(root, "logs", "pods"), { recursive: true });
  await writeFile(join(root, "secret"), "not for anybody");
  await writeFile(join(root, "logs", "a<b>.log"), "one line\n");
});
afterAll(() => rm(root, { recursive: true }));

async function get(path: string): Promise<readonly [status: number, text: string]> {
  const request: Request = { method: "GET", target: path, headers: {} };
  const context = { request, info: { verb: "get", path, query: new URLSearchParams() } } as unknown as RequestContext;
  const { status, headers, body } = (await logsEndpoints(logDirectory(join(root, "logs")))[0]!.endpoint(context)) as Response;
  if (body.kind !== "bytes") throw new Error("Logs are answered as bytes");
  return [status, headers["location"] ?? new TextDecoder().decode(body.bytes())];
}

test("the directory of logs is shown as web servers show one, and nothing outside of it", async () => {
  expect(await get("/logs/")).toEqual([200, '<pre>\n<a href="a%3Cb%3E.log">a&lt;b&gt;.log</a>\n<a href="pods/">pods/</a>\n</pre>\n']);
  expect(await get("/logs/a<b>.log")).toEqual([200, "one line\n"]);
  expect(await get("/logs/pods")).toEqual([301, "/logs/pods/"]);
  expect(await get("/logs/../secret")).toEqual([404, "404 page not found\n"]);
  expect(await get("/logs/nothing")).toEqual([404, "404 page not found\n"]);
});
