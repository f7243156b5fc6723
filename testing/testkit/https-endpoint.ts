import { serveHttps } from "@kubets/apiserver/node";
import { type Certificates, createCertificates, kubeconfig } from "@kubets/distribution/certificates";
import type { ControlPlane } from "@kubets/distribution/control-plane";
import { type Clock, silent, type Tasks } from "@kubets/machinery";
import { createSystemClock, createSystemRandom } from "@kubets/machinery/node";

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

export async function openEndpoint({ apiServer }: ControlPlane, tasks: Tasks, systemClock: Clock): Promise<HttpsEndpoint> {
  const made = await certificates();
  let lastRequest = -Infinity;
  const server = await serveHttps({
    handle: async (request, peer, signal) => {
      lastRequest = systemClock.monotonic();
      return apiServer.handle(request, peer, signal);
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
