import { type Benchmark, type Figure, median, quantile, spread } from "./benchmark.ts";
import { bundledChild } from "./child.ts";
import { inFolder } from "./processes.ts";

interface Took {
  readonly milliseconds: number;
  readonly cpu: number;
}
interface Rollout {
  readonly created: Took;
  readonly rolled: Took;
  readonly deleted: Took;
  readonly made: number;
  readonly renewed: number;
  readonly left: number;
  readonly memory: number;
  readonly memoryAfter: number;
}
interface Costs {
  readonly costs: readonly number[];
}
interface Endpoints {
  readonly times: readonly number[];
  readonly endpoints: number;
  readonly memory: number;
}
interface Month extends Took {
  readonly days: number;
  readonly writes: number;
  readonly runs: number;
  readonly memory: number;
}

const pods = 10_000;

function rolloutFigures({ made, renewed, left, memory, memoryAfter, ...phases }: Rollout): readonly Figure[] {
  const figure = (name: string, { milliseconds, cpu }: Took, count: number, note: string): Figure => ({
    name: `10,000 Pods of 100 Deployments ${name}`,
    value: (count / milliseconds) * 1000,
    unit: "Pods/s",
    goal: "every one of them",
    met: count === pods,
    note: `${(milliseconds / 1000).toFixed(1)} s, ${(cpu / count).toFixed(2)} ms of CPU per Pod; ${note}`,
  });
  return [
    figure("made until all run", phases.created, made, `${memory.toFixed(0)} MB then`),
    figure("rolled", phases.rolled, renewed, `${memoryAfter.toFixed(0)} MB in the end`),
    figure("deleted until none is left", phases.deleted, pods - left, `${left} left`),
  ];
}

/** What the loops cost at scale, in one process with the API server, the scheduler and the nodes. */
export const controllers: Benchmark = {
  name: "controllers",
  about: "rollouts of 10,000 Pods, a Deployment among many, readiness among 50,000 endpoints, a month of CronJobs",
  run: () =>
    inFolder(async (folder) => {
      const child = await bundledChild<object>("bench/controllers-child.ts", folder, ["--max-old-space-size=8192"]);
      const rollout = rolloutFigures((await child("rollout")) as Rollout);
      const [few, many] = [(await child("few")) as Costs, (await child("many")) as Costs];
      const [of10, of100] = [median(few.costs), median(many.costs)];
      const { times, endpoints, memory } = (await child("endpoints")) as Endpoints;
      const month = (await child("month")) as Month;
      return [
        ...rollout,
        {
          name: "scaling one Deployment of 100 up and down",
          value: of100,
          unit: "ms CPU",
          peer: "the same among 10",
          peerValue: of10,
          ratio: of100 / of10,
          goal: "under 1.3 × the cost among 10",
          met: of100 / of10 < 1.3,
          note: spread(many.costs, "ms"),
        },
        {
          name: "one Pod's readiness in its slice, p99",
          value: quantile(times, 0.99),
          unit: "ms",
          goal: "under 50 ms",
          met: endpoints === 50_000 && quantile(times, 0.99) < 50,
          note: `median ${median(times).toFixed(1)} ms; ${endpoints} of 50,000 endpoints, ${memory.toFixed(0)} MB`,
        },
        {
          name: "30 days of 100 daily CronJobs",
          value: month.milliseconds / 1000,
          unit: "s",
          goal: "under 30 s",
          met: month.days === 30 && month.milliseconds < 30_000,
          note: `${month.days < 30 ? `ended after ${month.days} days: ` : ""}${month.runs} runs, ${month.writes} writes, ${(month.cpu / 1000).toFixed(1)} s of CPU, ${month.memory.toFixed(0)} MB`,
        },
      ];
    }),
};
