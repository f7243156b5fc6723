import { once } from "node:events";
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Operator, operators } from "../control-plane/apiserver/custom-resources/testing/operators/index.ts";
import { asOftenAs, type Benchmark, type Figure, median, spread } from "./benchmark.ts";
import { accessTo } from "./cluster-under-load.ts";
import { load } from "./load/load.ts";
import { freePort, inFolder, startKubets } from "./processes.ts";
import { gets } from "./requests.ts";

const mostRuns = 3;
const secondsForAll = 60;
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
/** As long as the GETs go on: the definitions are installed meanwhile. */
const seconds = 6;

interface Run {
  /** Milliseconds until each is established and served, in the order of the operators. */
  readonly installs: readonly number[];
  /** The longest wait of a GET meanwhile, and of one without anything beside it. */
  readonly longest: number;
  readonly longestAlone: number;
}

/**
 * Definitions of operators: how long it takes from the request until the new resource can be listed, and how long others wait
 * meanwhile. Each run is a process of its own, so the largest comes to code that has hardly run.
 */
export const definitionInstalls: Benchmark = {
  name: "crd",
  about: "installs five definitions to the shapes of operators, the largest over 1 MB, 10,000 properties, 3 versions; GETs meanwhile",
  async run() {
    const runs = await asOftenAs(() => inFolder(measure), { seconds: secondsForAll, most: mostRuns });
    const figures = operators.map((operator, index): Figure => {
      const times = runs.map(({ installs }) => installs[index]!);
      const { versions, names } = operator.definition.spec;
      const size = `${(JSON.stringify(operator.definition).length / 1000).toFixed(0)} kB, ${versions.length} versions`;
      const value = median(times);
      const goal = "under 1 s";
      return { name: `definition of a ${names.kind}`, value, unit: "ms", goal, met: value < 1000, note: `${size}; ${spread(times, "ms")}` };
    });
    const value = median(runs.map(({ longest }) => longest));
    const alone = median(runs.map(({ longestAlone }) => longestAlone));
    const note = `longest of about ${seconds * 200}; ${alone.toFixed(1)} ms without definitions beside it`;
    return [...figures, { name: "longest GET meanwhile", value, unit: "ms", goal: "under 20 ms", met: value < 20, note }];
  },
};

async function measure(folder: string): Promise<Run> {
  const data = join(folder, "data");
  await using program = await startKubets({ data, port: await freePort(), home: folder });
  const access = accessTo(data);
  const reads = { ...access, warmUpSeconds: 1, seconds, requests: [{ ...gets("/api/v1/namespaces/default"), perSecond: 200 }] };
  const alone = await load(program.pid, { ...reads, seconds: 2 });
  const reading = load(program.pid, reads);
  await wait(1500);
  const installs: number[] = [];
  for (const operator of operators) installs.push(await install(operator, access));
  const { results } = await reading;
  return { installs, longest: results[0]!.longest, longestAlone: alone.results[0]!.longest };
}

/** Milliseconds until the resource can be listed. */
async function install({ definition, version }: Operator, { origin, credentials }: ReturnType<typeof accessTo>): Promise<number> {
  const agent = new Agent({ ...credentials, keepAlive: true });
  const send = async (method: string, path: string, body?: string): Promise<number> => {
    const sent = request(`${origin}${path}`, { method, agent, headers: { "content-type": "application/json" } });
    sent.end(body);
    const [answer] = (await once(sent, "response")) as [Parameters<typeof text>[0] & { readonly statusCode: number }];
    await text(answer);
    return answer.statusCode;
  };
  const { group, names } = definition.spec;
  const body = JSON.stringify(definition);
  const began = performance.now();
  const status = await send("POST", definitions, body);
  if (status !== 201) throw new Error(`Cannot measure: the definition of ${names.kind} was answered with ${status}`);
  while ((await send("GET", `/apis/${group}/${version}/${names.plural}`)) !== 200) await wait(1);
  const took = performance.now() - began;
  agent.destroy();
  return took;
}
