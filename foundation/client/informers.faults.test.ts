import { type ConfigMap, ConfigMapKind } from "@kubets/api";
import { seededRandom } from "@kubets/machinery";
import { expect, test } from "vitest";
import { createClient } from "./client-implementation.ts";
import { createInProcessTransport } from "./in-process-transport.ts";
import type { ObjectChange } from "./informer.ts";
import { createInformers } from "./informers.ts";
import { startServer } from "./testing/api-server.ts";
import { type Mishaps, unreliable } from "./testing/unreliable-server.ts";

const mishaps: Mishaps = { refused: 0.1, busy: 0.1, expired: 0.1, lost: 0, broken: 0.3, mostPieces: 4 };

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "whatever happens to its watches, an informer ends up with the truth and has told every step to it (seed %i)",
  async (seed) => {
    await using s = await startServer(seed);
    const random = seededRandom(seed * 1000);
    const { fraction } = random;
    const handle = unreliable(s.handle, random, mishaps);
    const client = createClient(
      createInProcessTransport({ handle, peer: { via: "in-process", user: { name: "unlucky", groups: [] } }, tasks: s.tasks }),
    );
    const informers = createInformers({ ...s, client });
    s.defer(() => informers.stop());
    const informer = informers.of(ConfigMapKind);
    // A second cache, made of nothing but what the listener is told.
    const mirror = new Map<string, string>();
    informer.onChange(({ key, object, previous }: ObjectChange<ConfigMap>) => {
      expect(mirror.has(key)).toBe(previous !== undefined);
      if (object === undefined) mirror.delete(key);
      else mirror.set(key, object.metadata.resourceVersion);
    });
    const maps = s.client.resource(ConfigMapKind).in("default");
    for (let step = 0; step < 60; step++) {
      const name = `m${Math.floor(fraction() * 6)}`;
      const present = (await maps.list({ fieldSelector: `metadata.name=${name}` })).items[0];
      if (present === undefined) await maps.create({ metadata: { name } });
      else if (fraction() < 0.5) await maps.patch(name, { data: { step: String(step) } }, { type: "merge" });
      else await maps.delete(name);
      if (fraction() < 0.1) await s.restart();
      await s.clock.advance(fraction() * 3000);
    }
    const truth = (await maps.list()).items;
    await s.clock.advance(600_000);
    const revisions = Object.fromEntries(truth.map(({ metadata }) => [`default/${metadata.name}`, metadata.resourceVersion]));
    expect(Object.fromEntries(informer.list().map(({ metadata }) => [`default/${metadata.name}`, metadata.resourceVersion]))).toEqual(
      revisions,
    );
    expect(Object.fromEntries(mirror)).toEqual(revisions);
  },
);
