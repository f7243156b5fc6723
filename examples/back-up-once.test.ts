import { ConfigMapKind, JobKind } from "@kubets/api";
import { simulate, type Simulation, SimulationFailure } from "@kubets/testkit";
import { expect, test } from "vitest";
import { backUpOnce, careful, careless, type Naming, wanted } from "./back-up-once.ts";

const names = ["orders", "users", "events"];
const simulation = (naming: Naming): Omit<Simulation, "seeds"> => ({
  operators: () => [backUpOnce(naming)],
  cluster: { nodes: 0, controllers: false, scheduler: false },
  async run(cluster) {
    const maps = cluster.client.resource(ConfigMapKind).in("default");
    for (const name of names) {
      await maps.create({ metadata: { name, annotations: { [wanted]: "" } } });
      await cluster.clock.advance("2s");
    }
  },
  invariant({ objects }) {
    const owners = objects(JobKind).map(({ metadata }) => metadata.ownerReferences?.[0]?.name);
    const twice = owners.find((owner, index) => owners.indexOf(owner) !== index);
    return twice === undefined ? undefined : `${twice} is backed up twice`;
  },
  async end({ client }) {
    expect((await client.resource(JobKind).list()).items).toHaveLength(names.length);
  },
});

test("a seed finds what no review did: the operator that dies between its two writes makes a second backup", async () => {
  const failure = await simulate({ seeds: 20, ...simulation(careless) }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SimulationFailure);
  const { seed, problem, faults, message } = failure as SimulationFailure;
  expect(problem).toMatch(/^at revision \d+, (orders|users|events) is backed up twice$/);
  // The one mishap that it takes, out of all that happened.
  expect(faults).toHaveLength(1);
  expect(message).toContain(`The same again: seeds: [${seed}]`);
  const again = await simulate({ seeds: [seed], ...simulation(careless) }).catch((error: unknown) => error);
  expect((again as SimulationFailure).message).toBe(message);
});

test("with a name that is always the same, it makes one backup whatever goes wrong", async () => {
  const { runs, faults } = await simulate({ seeds: 20, ...simulation(careful) });
  expect([runs, faults > 20]).toEqual([20, true]);
});
