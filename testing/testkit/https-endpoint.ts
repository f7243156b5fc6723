import { serveHttps } from "@kubets/apiserver/node";
import { type Certificates, createCertificates, kubeconfig } from "@kubets/distribution/certificates";
import type { ControlPlane } from "@kubets/distribution/control-plane";
import { type Clock, silent, type Tasks } from "@kubets/machinery";
import { createSystemClock, createSystemRandom, turn } from "@kubets/machinery/node";
import type { FaultPlan } from "./faults.ts";
import { faultyHandler } from "./faulty-handler.ts";

/** A real HTTPS port of a cluster in this process. */
export interface HttpsEndpoint {
  readonly url: string;
  /** As the administrator. */
  readonly kubeconfig: string;
  /** In how many milliseconds of the machine's time there will have been no request for `milliseconds`, when none comes. 0 when so now. */
  quietIn(milliseconds: number): number;
  close(): Promise<void>;
}

let shared: Promise<Certificates> | undefined;

/** One CA per process. Its certificates live by the machine's clock: OpenSSL and foreign clients ask no other. */
function certificates(): Promise<Certificates> {
  shared ??= createCertificates({
    clock: createSystemClock(),
    random: createSystemRandom(),
    hostnames: [],
    addresses: ["127.0.0.1"],
    serviceAddress: "10.96.0.1",
  });
  return shared;
}

export interface EndpointOptions {
  readonly controlPlane: ControlPlane;
  readonly tasks: Tasks;
  readonly systemClock: Clock;
  /** What goes wrong for those who come this way; nothing when absent. */
  readonly plan?: FaultPlan;
}

export async function openEndpoint({ controlPlane, tasks, systemClock, plan }: EndpointOptions): Promise<HttpsEndpoint> {
  const made = await certificates();
  const { apiServer } = controlPlane;
  const handle = plan === undefined ? apiServer.handle : faultyHandler(apiServer.handle, { plan, turn });
  let lastRequest = -Infinity;
  const server = await serveHttps({
    handle: async (request, peer, signal) => {
      lastRequest = systemClock.monotonic();
      return handle(request, peer, signal);
    },
    tasks,
    logger: silent,
    serving: made.serving,
    clientCertificateAuthority: made.authority,
  });
  return {
    url: server.url,
    kubeconfig: kubeconfig({
      name: "testkit",
      server: server.url,
      authority: made.authority,
      user: { certificate: await made.client("admin") },
    }),
    quietIn: (milliseconds) => Math.max(0, lastRequest + milliseconds - systemClock.monotonic()),
    close: () => server.close({ graceMilliseconds: 0 }),
  };
}
