import fc from "fast-check";
import { expect, test } from "vitest";
import { startTestServer, type TestObject, type TestServer } from "../testing/test-server.ts";

const path = "/apis/apps/v1/namespaces/default/deployments/web";
const managers = ["one", "two", "three"] as const;

/** What a manager wants: some labels, some containers with some of their fields, perhaps a number of replicas. */
interface Wish {
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly {
    readonly name: string;
    readonly image?: string;
    readonly env?: readonly { readonly name: string; readonly value: string }[];
  }[];
  readonly replicas?: number;
}

const value = fc.constantFrom("x", "y", "z");
const wish: fc.Arbitrary<Wish> = fc.record(
  {
    labels: fc.dictionary(fc.constantFrom("a", "b", "c"), value),
    containers: fc.uniqueArray(
      fc.record(
        {
          name: fc.constantFrom("p", "q", "r"),
          image: value,
          env: fc.uniqueArray(fc.record({ name: fc.constantFrom("E", "F"), value }), { selector: ({ name }) => name }),
        },
        { requiredKeys: ["name"] },
      ),
      { selector: ({ name }) => name, maxLength: 3 },
    ),
    replicas: fc.integer({ min: 1, max: 3 }),
  },
  { requiredKeys: ["labels", "containers"] },
);

const step = fc.record({ manager: fc.constantFrom(...managers), wish, force: fc.boolean() });

const config = ({ labels, containers, replicas }: Wish): object => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", labels },
  spec: { ...(replicas === undefined ? {} : { replicas }), template: { spec: { containers } } },
});

/** One container of the object's own, so that it is valid whatever managers want. */
async function begin(world: TestServer): Promise<void> {
  const body = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: { containers: ["base", "p", "q", "r"].map((name) => ({ name, image: "i" })) },
      },
    },
  };
  await world.send("POST", "/apis/apps/v1/namespaces/default/deployments?fieldManager=creator", { body });
}

const containersOf = ({ spec }: TestObject): readonly Record<string, unknown>[] =>
  (spec as { readonly template: { readonly spec: { readonly containers: readonly Record<string, unknown>[] } } }).template.spec.containers;

/** Everything that the wish says stands in the object. */
function expectHolds(object: TestObject, { labels, containers, replicas }: Wish): void {
  expect(object.metadata.labels ?? {}).toMatchObject(labels);
  if (replicas !== undefined) expect(object.spec.replicas).toBe(replicas);
  for (const { env = [], ...container } of containers) {
    const found = containersOf(object).find(({ name }) => name === container.name);
    expect(found).toMatchObject(container);
    for (const variable of env) expect(found!.env).toContainEqual(variable);
  }
}

test("appliers get what they applied, lose it only to force, and change nothing by repeating themselves", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      await using world = await startTestServer();
      await begin(world);
      const applied = new Map<string, Wish>();
      for (const { manager, wish: wanted, force } of steps) {
        const send = (): ReturnType<TestServer["send"]> =>
          world.send("PATCH", `${path}?fieldManager=${manager}&force=${force}`, {
            headers: { "content-type": "application/apply-patch+yaml" },
            body: config(wanted),
          });
        const before = (await world.send("GET", path)).json;
        const answer = await send();
        if (answer.status === 409) {
          expect(force).toBe(false);
          expect((await world.send("GET", path)).json).toEqual(before);
          continue;
        }
        // A container that nobody gives an image any more is no valid one.
        if (answer.status === 422) continue;
        expect(answer.status, answer.text).toBe(200);
        expectHolds(answer.json, wanted);
        applied.set(manager, wanted);
        // Without force nobody else loses anything.
        if (force) for (const other of managers) if (other !== manager) applied.delete(other);
        for (const held of applied.values()) expectHolds(answer.json, held);
        expect((await send()).json.metadata.resourceVersion).toBe(answer.json.metadata.resourceVersion);
        const entries = answer.json.metadata.managedFields ?? [];
        const identities = entries.map(({ manager: name, operation, subresource }) => `${name} ${operation} ${subresource}`);
        expect(new Set(identities).size).toBe(identities.length);
        expect(entries.every(({ fieldsV1 = {} }) => Object.keys(fieldsV1).length > 0)).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});
