import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type ContainerCommand, startCluster, type Cluster, type CommandResult } from "@kubets/testkit";
import { extract, type Header, pack } from "tar-stream";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newestKubectl, type Outcome, runOurs, runTheirs } from "./run-both.ts";

// `kubectl cp` of a real kubectl and of ours, with containers whose `tar` is a function of this test: it remembers what it is given, and
// gives what a real one would not.

const kubectl = newestKubectl();
let cluster: Cluster;
let folder: string;
let kubeconfig: string;
/** What containers were told to unpack, by the words that did. */
let unpacked: readonly object[] = [];

type Entry = Partial<Header> & Pick<Header, "name"> & { readonly content?: string };
const archives: Readonly<Record<string, readonly Entry[]>> = {
  "/tmp/one": [{ name: "tmp/one", content: "first" }],
  "/tmp/tree": [
    { name: "tmp/tree/", type: "directory" },
    { name: "tmp/tree/empty/", type: "directory" },
    { name: "tmp/tree/a", content: "first" },
    { name: "tmp/tree/deep/er/b", content: "second" },
    { name: "tmp/tree/link", type: "symlink", linkname: "/etc/passwd" },
    { name: "tmp/tree/link2", type: "symlink", linkname: "a" },
  ],
  "/tmp/evil": [
    { name: "tmp/evil/../../escaped", content: "one up" },
    { name: "tmp/evil/../../../../../../../tmp/escaped", content: "far up" },
    { name: "tmp/evil/good", content: "stays" },
  ],
  "/tmp/forged": [{ name: "etc/passwd", content: "not asked for" }],
  "../../tmp/one": [{ name: "tmp/one", content: "first" }],
};

async function packed(entries: readonly Entry[]): Promise<string> {
  const archive = pack();
  for (const { content = "", ...header } of entries) archive.entry({ ...header, mtime: new Date(0) }, content);
  archive.finalize();
  return new TextDecoder().decode(Buffer.concat(await Array.fromAsync(archive as AsyncIterable<Uint8Array>)));
}

async function entriesIn(archive: string): Promise<readonly object[]> {
  const entries = extract();
  Readable.from([Buffer.from(archive)]).pipe(entries);
  const found: object[] = [];
  for await (const entry of entries) {
    const { name, mode, type, linkname, uid, gid } = entry.header;
    const content = Buffer.concat(await Array.fromAsync(entry as AsyncIterable<Uint8Array>)).toString();
    found.push({ name: name.replace(/\/$/, ""), mode, type, linkname, uid, gid, content });
  }
  return found;
}

async function run({ command, stdin }: ContainerCommand): Promise<CommandResult> {
  const [program, ...args] = command;
  if (program === "test") return { exitCode: args[1] === "/tmp" ? 0 : 1 };
  if (args[0] === "cf") return { stdout: await packed(archives[args[2]!]!) };
  unpacked = [...unpacked, { command, entries: await entriesIn(await stdin()) }];
  return {};
}

beforeAll(async () => {
  if (kubectl === undefined) return;
  cluster = await startCluster({ nodes: 1, programs: [({ container }) => (container.name === "before" ? { runFor: 0 } : { exec: run })] });
  folder = await mkdtemp(join(tmpdir(), "kubectl-copies-"));
  kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, await cluster.kubeconfig);
  await mkdir(join(folder, "papers/deep"), { recursive: true });
  await mkdir(join(folder, "papers/empty"));
  await writeFile(join(folder, "papers/a"), "first");
  await writeFile(join(folder, "papers/deep/b"), "second");
  await chmod(join(folder, "papers/deep/b"), 0o750);
  await symlink("../a", join(folder, "papers/deep/link"));
  const pod = (name: string, ...containers: readonly string[]): string =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name },
      spec: {
        ...(containers.length > 1 ? { initContainers: [{ name: "before", image: "tar:1" }] } : {}),
        containers: containers.map((each) => ({ name: each, image: "tar:1" })),
      },
    });
  await cluster.apply(pod("web", "main"));
  await cluster.apply(pod("two", "main", "side"));
  await cluster.settle();
});
beforeEach(() => {
  unpacked = [];
});
afterAll(async () => {
  if (kubectl === undefined) return;
  await cluster[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** The files of a folder with what they hold, `undefined` when there is none. */
async function treeAt(path: string): Promise<object | string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return readFile(path, "utf8");
  return Object.fromEntries(await Promise.all((await readdir(path)).sort().map(async (name) => [name, await treeAt(join(path, name))])));
}

describe.skipIf(kubectl === undefined)("our kubectl copies as a real kubectl does", () => {
  const runBoth = async (run: (args: readonly string[]) => Promise<Outcome>, words: string): Promise<object> => {
    unpacked = [];
    const work = join(folder, "work");
    await mkdir(work);
    try {
      const { output, errors, exitCode } = await run(
        words.split(" ").map((word) => word.replace("PAPERS", join(folder, "papers")).replace("WORK", work)),
      );
      // What a server says of its own accord may come before a real kubectl listens, which it then tells.
      const told = errors.replaceAll(/^E\d{4} .* Unknown stream id \d, discarding message\n/gm, "");
      return { output, errors: told, exitCode, unpacked, there: await treeAt(work) };
    } finally {
      await rm(work, { recursive: true });
    }
  };
  test.each([
    "cp PAPERS/a web:/srv/new",
    "cp PAPERS/a web:/tmp",
    "cp PAPERS/a default/web:new --no-preserve",
    "cp PAPERS web:/srv/papers",
    "cp PAPERS/ web:/tmp/",
    "cp PAPERS/empty web:/tmp/",
    "cp PAPERS/a two:/srv/new",
    "cp PAPERS/a two:/srv/new -c side",
    "cp PAPERS/a two:/srv/new -c nope",
    "cp PAPERS/nope web:/srv/new",
    "cp PAPERS/a nope:/srv/new",
    "cp PAPERS/a nope/web:/srv/new",
    "cp PAPERS/a PAPERS/b",
    "cp web:/a web:/b",
    "cp :a web:/b",
    "cp a/b/c:d web:/b",
    "cp PAPERS/a web:",
    "cp PAPERS/a",
    "cp web:/tmp/one WORK/one",
    "cp web:/tmp/one WORK/new/folder/one",
    "cp web:/tmp/tree WORK/tree",
    "cp web:/tmp/tree/ WORK",
    "cp two:/tmp/one WORK/one",
    "cp two:/tmp/one WORK/one -c side",
    "cp web:../../tmp/one WORK/one",
    "cp web:/tmp/evil WORK/evil",
    "cp default/web:/tmp/forged WORK/forged",
    "cp nope:/tmp/one WORK/one",
  ])("kubectl %s", async (words) => {
    const theirs = await runBoth((args) => runTheirs(kubectl!, args, kubeconfig), words);
    expect(await runBoth((args) => runOurs(args, kubeconfig), words)).toEqual(theirs);
  });
});
