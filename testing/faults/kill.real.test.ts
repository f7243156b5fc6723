import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Random, seededRandom } from "@kubets/machinery";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Api, connect, freePort, type Program, startProgram } from "./program.ts";

// `KUBETS_FAULT_ROUNDS=100` kills it a hundred times; `KUBETS_FAULT_SEED` repeats the choices of a run that failed.
const rounds = Number(process.env.KUBETS_FAULT_ROUNDS ?? 10);
const seed = Number(process.env.KUBETS_FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32));

const writers = 16;
const path = "/api/v1/namespaces/default/configmaps";

/** What a name holds: the number that was written last, and at which revision; nothing when it was deleted. */
interface Written {
  readonly number: number;
  readonly resourceVersion: number;
}
/** What the server has acknowledged of a name, and what it was asked for and had not answered when it died. */
interface Known {
  readonly acknowledged: Written | undefined;
  readonly unanswered?: { readonly number: number | "deleted" };
}
interface ConfigMap {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data: { readonly number: string; readonly again: string; readonly filling: string };
}

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "kubets-kill-"));
});
afterAll(() => rmSync(home, { recursive: true }));

test(
  `killed ${rounds} times during writes, the program keeps every acknowledged write (seed ${seed})`,
  async () => {
    console.log(`kill -9 ${rounds} times, KUBETS_FAULT_SEED=${seed}`);
    const random = seededRandom(seed);
    // Each writer has its own chance: what one does doesn't depend on how fast another is answered.
    const chances = Array.from({ length: writers }, (_, writer) => seededRandom(seed + 1 + writer));
    const port = await freePort();
    const known = new Map<string, Known>();
    let acknowledged = 0;
    for (let round = 0; round <= rounds; round++) {
      await using program = start(port);
      const { kubeconfig } = await program.ready;
      await using api = connect(kubeconfig);
      await expectKept(api, known);
      if (round === rounds) break;
      // In the middle of writes, however slow the machine is.
      const after = random.fraction() * 600;
      const begun = Promise.withResolvers<void>();
      const kill = begun.promise.then(() => wait(after)).then(() => program.kill("SIGKILL"));
      const counts = await Promise.all(
        chances.map((chance, writer) => writeUntilKilled(api, writer, { chance, known, onWrite: begun.resolve })),
      );
      acknowledged += counts.reduce((sum, count) => sum + count, 0);
      await kill;
      await program.ended;
    }
    // Otherwise nothing was shown.
    expect(acknowledged).toBeGreaterThan(rounds * 5);
  },
  60_000 + rounds * 20_000,
);

function start(port: number): Program {
  return startProgram(["up", "--nodes", "none", "--output", "json", "--data-dir", join(home, "data"), "--port", `${port}`], home);
}

/** Creates, replaces and deletes ConfigMaps whose names are this writer's alone; answers how many writes were acknowledged. */
async function writeUntilKilled(
  api: Api,
  writer: number,
  { chance: random, known, onWrite }: { readonly chance: Random; readonly known: Map<string, Known>; readonly onWrite: () => void },
): Promise<number> {
  for (let count = 0; ; count++) {
    const name = `writer-${writer}-${Math.floor(random.fraction() * 4)}`;
    const before = known.get(name)?.acknowledged;
    const number = Math.floor(random.fraction() * 1e9);
    const deletes = before !== undefined && random.fraction() < 0.2;
    known.set(name, { acknowledged: before, unanswered: { number: deletes ? "deleted" : number } });
    try {
      const { status, body } = deletes
        ? await api.call("DELETE", `${path}/${name}`)
        : before === undefined
          ? await api.call("POST", path, configMap(name, number))
          : await api.call("PUT", `${path}/${name}`, configMap(name, number));
      if (status >= 300) throw new Error(`The server answered ${status} to a write of ${name}: ${JSON.stringify(body)}`);
      known.set(name, {
        acknowledged: deletes ? undefined : { number, resourceVersion: Number((body as ConfigMap).metadata.resourceVersion) },
      });
      onWrite();
    } catch (error) {
      if (error instanceof Error && error.message.startsWith("The server answered")) throw error;
      return count;
    }
  }
}

/** Compares what the server has with what it acknowledged; from here on, what it has is what is known. */
async function expectKept(api: Api, known: Map<string, Known>): Promise<void> {
  const { body } = await api.call("GET", path);
  const list = body as { readonly metadata: { readonly resourceVersion: string }; readonly items: readonly ConfigMap[] };
  const now = new Map(list.items.map((each) => [each.metadata.name, each]));
  const wrong: string[] = [];
  let newest = 0;
  for (const [name, { acknowledged, unanswered }] of known) {
    newest = Math.max(newest, acknowledged?.resourceVersion ?? 0);
    const found = writtenIn(now.get(name));
    const isAsAcknowledged = found?.number === acknowledged?.number && found?.resourceVersion === acknowledged?.resourceVersion;
    const isAsAsked = unanswered !== undefined && (found === undefined ? "deleted" : found.number) === unanswered.number;
    if (!isAsAcknowledged && !isAsAsked) wrong.push(`${name}: ${JSON.stringify({ acknowledged, unanswered, found })}`);
    known.set(name, { acknowledged: found });
  }
  for (const each of list.items) {
    if (each.metadata.name === "kube-root-ca.crt") continue;
    const { number, again, filling } = each.data;
    if (number !== again || filling !== fillingOf(Number(number))) wrong.push(`${each.metadata.name} is half-written: ${number}, ${again}`);
    if (!known.has(each.metadata.name)) wrong.push(`${each.metadata.name} was never written`);
  }
  expect(wrong).toEqual([]);
  expect(Number(list.metadata.resourceVersion)).toBeGreaterThanOrEqual(newest);
}

function writtenIn(found: ConfigMap | undefined): Written | undefined {
  return found === undefined ? undefined : { number: Number(found.data.number), resourceVersion: Number(found.metadata.resourceVersion) };
}

function configMap(name: string, number: number): object {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name },
    data: { number: `${number}`, filling: fillingOf(number), again: `${number}` },
  };
}

/** About the size of a Pod, so that a write is more than one page of the disk. */
function fillingOf(number: number): string {
  return `${number}-`.repeat(600);
}
