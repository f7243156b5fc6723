import { ConfigMapKind } from "@kubets/api";
import { beforeAll, expect, test } from "vitest";
import { createClient } from "../client-implementation.ts";
import { createInformers } from "../informers.ts";
import { startServer } from "../testing/api-server.ts";
import { createCertificates, type TestCertificates } from "../testing/certificates.ts";
import { serveCuttably } from "../testing/https-server.ts";
import { createHttpsTransport } from "./https-transport.ts";

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await createCertificates();
});

test("an informer over HTTPS sees what one in the process sees, through cut connections and restarts", async () => {
  await using s = await startServer();
  await using listener = await serveCuttably(s.handle, certificates, s.tasks);
  const transport = createHttpsTransport({
    url: listener.url,
    certificateAuthority: certificates.authority,
    credentials: [{ by: "certificate", ...certificates.client }],
    tasks: s.tasks,
    freezesObjects: true,
  });
  const client = createClient(transport);
  const informers = createInformers({ ...s, client });
  s.defer(async () => {
    await informers.stop();
    await transport.close();
  });
  const remote = informers.of(ConfigMapKind);
  await remote.synced();
  await client
    .resource(ConfigMapKind)
    .in("default")
    .create({ metadata: { name: "first" } });
  const maps = s.client.resource(ConfigMapKind).in("default");
  for (let round = 0; round < 5; round++) {
    const { metadata } = await maps.create({ metadata: { name: `m${round}` }, data: { k: "v" } });
    if (round === 1) listener.cut();
    if (round === 3) await s.restart();
    // The watch is resumed after a back-off, by the clock of the test.
    while (remote.revision < Number(metadata.resourceVersion)) await s.clock.advance(1000);
  }
  expect(remote.list()).toEqual((await s.client.resource(ConfigMapKind).list()).items);
  expect(() => Object.assign(remote.get("default/m0")!.data!, { k: "changed" })).toThrow(TypeError);
});
