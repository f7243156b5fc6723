import { serveHttps } from "@kubets/apiserver/node";
import { type Certificates, createCertificates, kubeconfig } from "@kubets/distribution/certificates";
import type { ControlPlane } from "@kubets/distribution/control-plane";
import { silent, type Tasks } from "@kubets/machinery";
import { createSystemClock, createSystemRandom } from "@kubets/machinery/node";

/** A real HTTPS port of a cluster in this process. */
export interface HttpsEndpoint {
  readonly url: string;
  /** As the administrator. */
  readonly kubeconfig: string;
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

export async function openEndpoint({ apiServer }: ControlPlane, tasks: Tasks): Promise<HttpsEndpoint> {
  const made = await certificates();
  const server = await serveHttps({
    handle: apiServer.handle,
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
    close: () => server.close({ graceMilliseconds: 0 }),
  };
}
