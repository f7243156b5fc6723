import { APIServiceKind, kinds } from "@kubets/api";
import type { Kind, KubernetesObject } from "@kubets/machinery";
import { seededRandom } from "@kubets/machinery";
import { expect, test } from "vitest";
import { localServices } from "../aggregation/local-services.ts";
import type { ObjectWriter } from "../contracts.ts";
import { defaultConstants } from "../default-objects/reconcile.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

const wanted: readonly (readonly [Kind, readonly object[]])[] = [
  ...defaultConstants().map(({ kind, objects }) => [kind, objects] as const),
  [APIServiceKind as unknown as Kind, localServices(kinds)],
];

/** What a server with chance of this seed has once it has written the wanted objects: as bytes, and as it decodes them. */
async function written(seed: number, create: (writer: ObjectWriter, kind: Kind, object: object) => Promise<unknown>) {
  let writer: ObjectWriter | undefined;
  let reader: { list(kind: Kind, namespace: string): readonly KubernetesObject[] } | undefined;
  await using server: TestServer = await startTestServer({
    random: seededRandom(seed),
    parts: (core) => {
      ({ writer } = core);
      ({ reader } = core);
      return {};
    },
  });
  const objects: KubernetesObject[] = [];
  for (const [kind, drafts] of wanted) {
    for (const draft of drafts) await create(writer!, kind, draft);
    await server.tasks.settle();
    objects.push(...reader!.list(kind, ""));
  }
  const { entries } = await server.store.list({ prefix: "/registry/" });
  return { objects, stored: entries.map(({ key, value, revision }) => ({ key, revision, text: new TextDecoder().decode(value) })) };
}

const asConstants = (seed: number) => written(seed, (writer, kind, object) => writer.createConstant(kind, object));

test("an object that every cluster begins with is written as any other, in the first cluster and in later ones", async () => {
  const any = await written(7, (writer, kind, object) => writer.create(kind, object));
  expect([await asConstants(7), await asConstants(7)]).toEqual([any, any]);
});

test("each cluster gives it a uid of its own", async () => {
  const uids = (await Promise.all([1, 2].map(asConstants))).flatMap(({ objects }) => objects.map(({ metadata }) => metadata.uid));
  expect(new Set(uids).size).toBe(uids.length);
});

test("it can't be changed by whoever reads it", async () => {
  const { objects } = await asConstants(1);
  const frozen = (value: unknown): boolean =>
    typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
  expect(objects.every(frozen)).toBe(true);
});
