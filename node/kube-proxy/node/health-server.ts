import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger, Request, Response, Tasks } from "@kubets/machinery";
import { serviceHealthAnswer, type ServiceHealthCheck, serviceHealthChecks } from "../health.ts";
import type { RunningKubeProxy } from "../proxy.ts";
import type { Ruleset } from "../ruleset.ts";

export interface HealthListener {
  readonly port: number;
  close(): Promise<void>;
}

interface ListenOptions {
  readonly address: string;
  readonly port: number;
  readonly tasks: Tasks;
}

/** Serves `/healthz` and `/livez` of a proxy without TLS, as upstream does on port 10256. Rejects when the port is taken. */
export function listenProxyHealth({ handle }: Pick<RunningKubeProxy, "handle">, options: ListenOptions): Promise<HealthListener> {
  const nobody = new AbortController().signal;
  return listen(options, async (request) => {
    const answer = await handle(request, { via: "network", address: "" }, nobody);
    if (!("body" in answer)) throw new TypeError("The health of a proxy is no stream");
    return answer;
  });
}

export interface ServiceHealthOptions {
  /** Where node ports are open, such as `0.0.0.0`. */
  readonly address: string;
  readonly isProxyHealthy: () => boolean;
  readonly tasks: Tasks;
  readonly logger: Logger;
}

/** What answers the health checks of load balancers: a listener for each Service that has a port for them. */
export interface ServiceHealthListeners extends AsyncDisposable {
  /** Listens where these rules want it, and nowhere else. */
  follow(ruleset: Ruleset): void;
}

export function serviceHealthListeners({ address, isProxyHealthy, tasks, logger }: ServiceHealthOptions): ServiceHealthListeners {
  const listeners = new Map<number, Promise<HealthListener | undefined>>();
  let checks: ReadonlyMap<number, ServiceHealthCheck> = new Map();

  const open = async (port: number): Promise<HealthListener | undefined> => {
    try {
      return await listen({ address, port, tasks }, async () => {
        const check = checks.get(port);
        return check === undefined ? gone : serviceHealthAnswer(check, isProxyHealthy());
      });
    } catch (error) {
      logger.warn("Health checks of a Service can't be answered", { service: checks.get(port)?.service, port, error });
      // Tried again with the next rules.
      listeners.delete(port);
      return undefined;
    }
  };
  const close = (port: number): Promise<void> => {
    const listener = listeners.get(port);
    listeners.delete(port);
    return tasks.run("health check listener", async () => (await listener)?.close());
  };
  return {
    follow(ruleset) {
      checks = new Map(serviceHealthChecks(ruleset).map((check) => [check.nodePort, check]));
      for (const port of listeners.keys()) if (!checks.has(port)) void close(port);
      for (const port of checks.keys())
        if (!listeners.has(port))
          listeners.set(
            port,
            tasks.run("health check listener", () => open(port)),
          );
    },
    async [Symbol.asyncDispose]() {
      checks = new Map();
      await Promise.all([...listeners.keys()].map(close));
    },
  };
}

/** The Service went while somebody asked. */
const gone: Response = { status: 404, headers: {}, body: { kind: "bytes", bytes: () => new Uint8Array() } };

async function listen({ address, port, tasks }: ListenOptions, answer: (request: Request) => Promise<Response>): Promise<HealthListener> {
  const server = createServer((incoming, outgoing) => {
    const request = { method: incoming.method ?? "GET", target: incoming.url ?? "/", headers: {} };
    tasks.start("health check", async () => {
      const { status, headers, body } = await answer(request);
      outgoing.writeHead(status, { ...headers, connection: "close" });
      outgoing.end(request.method === "HEAD" || body.kind !== "bytes" ? undefined : body.bytes());
    });
  });
  await listening(server, address, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => resolve());
  });
}
