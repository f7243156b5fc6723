import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { resolve } from "node:path";
import { etcdFlags } from "./etcd-flags.ts";
import { FlagError, type FlagValues, helpOf, isOn, lastOf, parseFlags } from "../components/flags.ts";

/** The release whose flags and probes these are. */
const etcdVersion = "3.6.0";

/** What the API server beside it is told: where its store lies, and whether it waits for the disk. */
export interface EmbeddedStorePlace {
  readonly dataDirectory: string;
  readonly synchronous: "FULL" | "OFF";
}

/** Where it is told. A real etcd knows no such page. */
export const embeddedStorePath = "/kubets/store";

/**
 * The program `etcd` of an envtest assets directory: answers `/health` as an etcd that is alone, and keeps the data directory in which
 * the API server beside it has its embedded store. It speaks none of etcd's own API.
 *
 * Resolves with the exit code once it is told to end.
 */
export async function runEtcd(args: readonly string[]): Promise<number> {
  if (args.some((word) => /^--?(h|help)$/.test(word))) return say(0, `\n${helpOf(etcdFlags)}\n`, "stdout");
  if (args.some((word) => /^--?version$/.test(word))) return say(0, `etcd Version: ${etcdVersion}\n`, "stdout");
  let values: FlagValues;
  try {
    // Go's own flags may have one dash.
    const { rest, values: given } = parseFlags(
      args.map((word) => word.replace(/^-(?=[a-z])/, "--")),
      etcdFlags,
    );
    if (rest.length > 0) throw new FlagError(`"${rest[0]}" is not a valid command line argument`);
    values = withEnvironment(given);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    const unknown = /^unknown flag: --(.*)$/.exec(error.message);
    return say(2, `${unknown === null ? error.message : `flag provided but not defined: -${unknown[1]}`}\n`, "stderr");
  }
  const place: EmbeddedStorePlace = {
    dataDirectory: resolve(lastOf(values, "data-dir") ?? `${lastOf(values, "name") ?? "default"}.etcd`),
    synchronous: isOn(values, "unsafe-no-fsync", false) ? "OFF" : "FULL",
  };
  const servers: Server[] = [];
  const asked = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => asked.resolve());
  try {
    mkdirSync(place.dataDirectory, { recursive: true, mode: 0o700 });
    for (const url of values.get("listen-client-urls") ?? ["http://localhost:2379"]) servers.push(await listen(url, place));
    await asked.promise;
    return 0;
  } catch (error) {
    return say(1, `etcd: ${error instanceof Error ? error.message : String(error)}\n`, "stderr");
  } finally {
    for (const server of servers) server.close().closeAllConnections();
  }
}

/** Any flag may also come as a variable: `ETCD_DATA_DIR`. */
function withEnvironment(given: FlagValues): FlagValues {
  const values = new Map(given);
  for (const { name, type } of etcdFlags) {
    const value = process.env[`ETCD_${name.toUpperCase().replaceAll("-", "_")}`];
    if (value !== undefined && !values.has(name)) values.set(name, type === "strings" ? value.split(",") : [value]);
  }
  return values;
}

async function listen(url: string, place: EmbeddedStorePlace): Promise<Server> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== "http:") throw new Error(`Cannot listen on ${url}: this etcd serves its health over http only`);
  const answers: Readonly<Record<string, object>> = {
    "/health": { health: "true", reason: "" },
    "/version": { etcdserver: etcdVersion, etcdcluster: `${etcdVersion.slice(0, 3)}.0`, storage: `${etcdVersion.slice(0, 3)}.0` },
    [embeddedStorePath]: place,
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?", 1)[0]!;
    if (path === "/livez" || path === "/readyz") return void response.end("ok\n");
    const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": answer === undefined ? "text/plain" : "application/json" });
    response.end(answer === undefined ? "404 page not found\n" : JSON.stringify(answer));
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(Number(port || "2379"), hostname.replace(/^\[(.*)\]$/, "$1"), () => listening());
  });
  return server;
}

function say(code: number, text: string, stream: "stdout" | "stderr"): number {
  process[stream].write(text);
  return code;
}
