import { request } from "node:https";
import { createSystemClock, createSystemRandom, turn } from "@kubets/machinery/node";
import { createTasks, type Handler, silent } from "@kubets/machinery";
import { serveHttps } from "@kubets/apiserver/node";
import { expect, test } from "vitest";
import { createCertificates, type KeyPair } from "./index.ts";

/** Answers who the server takes the caller for. */
const whoAreYou: Handler = async (_request, peer) => {
  const bytes = new TextEncoder().encode(JSON.stringify(peer.via === "network" ? (peer.certificate ?? {}) : {}));
  return { status: 200, headers: { "content-type": "application/json" }, body: { kind: "bytes", bytes: () => bytes } };
};

function get(url: string, authority: string, client?: KeyPair): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const credentials = client === undefined ? {} : { cert: client.certificate, key: client.key };
    const sent = request(url, { ca: authority, agent: false, ...credentials }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(JSON.parse(text)));
    });
    sent.on("error", reject).end();
  });
}

test("an API server proves itself by its certificate, and knows its clients by theirs", async () => {
  const certificates = await createCertificates({
    clock: createSystemClock(),
    random: createSystemRandom(),
    hostnames: [],
    addresses: [],
    serviceAddress: "10.96.0.1",
  });
  const { client: kubelet } = await certificates.kubelet("n1", { hostnames: ["n1"], addresses: [] });
  const server = await serveHttps({
    handle: whoAreYou,
    tasks: createTasks({ turn }),
    logger: silent,
    serving: certificates.serving,
    clientCertificateAuthority: certificates.authority,
  });
  try {
    expect([
      await get(server.url, certificates.authority, await certificates.client("admin")),
      await get(server.url, certificates.authority, kubelet),
      await get(server.url, certificates.authority),
    ]).toMatchObject([
      { commonName: "kubernetes-admin", organizations: ["system:masters"], fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { commonName: "system:node:n1", organizations: ["system:nodes"] },
      {},
    ]);
    await expect(get(server.url, certificates.frontProxyAuthority)).rejects.toThrow(/certificate/);
  } finally {
    await server.close({ graceMilliseconds: 0 });
  }
});
