import { type Clock, formatTime, type Handler, type Instant, type Response } from "@kubets/machinery";
import type { Ruleset } from "./ruleset.ts";

/** How the proxy does, as `/healthz` and the health checks of load balancers tell it. */
export interface ProxyHealth {
  /** When the rules were last known to be as they should. */
  readonly lastUpdated: Instant;
  /** Since when rules wait to be applied; absent when none do. */
  readonly waitingSince?: Instant;
  /** A node that is being deleted takes no new traffic from load balancers. */
  readonly isNodeEligible: boolean;
}

/** Rules may wait for so long until the proxy counts as broken. */
const longestWait = 2 * 60_000;

export function isHealthy({ waitingSince }: ProxyHealth, now: Instant): boolean {
  return waitingSince === undefined || now - waitingSince < longestWait;
}

/** `/healthz`, which says no on a node that is going away as well, and `/livez`, on port 10256. */
export function healthHandler(health: () => ProxyHealth, clock: Clock): Handler {
  return async ({ method, target }) => {
    const path = target.split("?", 1)[0];
    if (method !== "GET" && method !== "HEAD") return answer(405, {});
    if (path !== "/healthz" && path !== "/livez") return answer(404, {});
    const now = clock.now();
    const current = health();
    const alive = isHealthy(current, now);
    const isFine = alive && (path === "/livez" || current.isNodeEligible);
    const lastUpdated = formatTime(alive ? now : current.lastUpdated);
    const body = { lastUpdated, currentTime: formatTime(now), ...(path === "/healthz" ? { nodeEligible: current.isNodeEligible } : {}) };
    return answer(isFine ? 200 : 503, body);
  };
}

/** What load balancers ask, on the port of `spec.healthCheckNodePort`, of a Service whose external traffic policy is Local. */
export interface ServiceHealthCheck {
  readonly service: string;
  readonly nodePort: number;
  readonly localEndpoints: number;
}

/** The ports that must be listened on for the health checks of load balancers. */
export function serviceHealthChecks({ services }: Ruleset): readonly ServiceHealthCheck[] {
  return [...services.values()].flatMap(({ key, healthCheck }) => (healthCheck === undefined ? [] : [{ service: key, ...healthCheck }]));
}

/** Answers a health check: 200 as long as this node has endpoints of the Service and a proxy that works. */
export function serviceHealthAnswer({ service, localEndpoints }: ServiceHealthCheck, isProxyHealthy: boolean): Response {
  const [namespace = "", name = ""] = service.split("/");
  const isFine = localEndpoints > 0 && isProxyHealthy;
  return answer(isFine ? 200 : 503, { service: { namespace, name }, localEndpoints, serviceProxyHealthy: isProxyHealthy });
}

function answer(status: number, body: unknown): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const headers = { "content-type": "application/json", "x-content-type-options": "nosniff" };
  return { status, headers, body: { kind: "bytes", bytes: () => bytes } };
}
