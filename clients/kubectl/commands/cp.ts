import type { ArchiveEntry, Command, Invocation, Io } from "../command-line/command.ts";
import { CommandError, SaidError } from "../errors.ts";
import { joinStreams } from "../requests/container-streams.ts";
import { containerOf, podOf, requireUncompleted } from "../requests/pods.ts";
import { type CopiedPath, entriesOf, folderOf, joinPaths, lastPartOf, placeOfEntry, readCopiedPath } from "./copied-paths.ts";

/** Copies files to and from containers, by the `tar` that these have to bring. */
export const cp: Command = {
  flags: [
    { name: "container", short: "c", takes: "text" },
    { name: "no-preserve", takes: "nothing" },
  ],
  async run(invocation) {
    const [source, destination, ...more] = invocation.args;
    if (source === undefined || destination === undefined || more.length > 0) throw new CommandError("source and destination are required");
    const [from, to] = [readCopiedPath(source), readCopiedPath(destination)];
    if (from.in === "pod" && to.in === "pod") throw new CommandError("one of src or dest must be a local file specification");
    if (from.path === "" || to.path === "") throw new CommandError("filepath can not be empty");
    if (from.in === "pod") await copyFromPod(invocation, from, to.path);
    else if (to.in === "pod") await copyToPod(invocation, from.path, to);
    else throw new CommandError("one of src or dest must be a remote file specification");
  },
};

type PathInPod = Extract<CopiedPath, { readonly in: "pod" }>;

async function copyToPod(invocation: Invocation, from: string, to: PathInPod): Promise<void> {
  const { io, flags } = invocation;
  if (!(await io.files.exists(from))) throw new CommandError(`${from} doesn't exist in local filesystem`);
  const execute = await executorIn(invocation, to, io);
  const path = (await isFolder(execute, to.path, io)) ? joinPaths(to.path, lastPartOf(from)) : to.path;
  const careless = flags.is("no-preserve") ? ["--no-same-permissions", "--no-same-owner"] : [];
  const input = io.files.pack(from, lastPartOf(path));
  await execute(["tar", ...careless, "-xmf", "-", "-C", folderOf(path)], { ...io, input });
}

async function isFolder(execute: Executor, path: string, io: Io): Promise<boolean> {
  try {
    await execute(["test", "-d", path], { ...io, outBytes: async () => {}, error: () => {} });
    return true;
  } catch (error) {
    if (error instanceof SaidError) return false;
    throw error;
  }
}

async function copyFromPod(invocation: Invocation, from: PathInPod, into: string): Promise<void> {
  const { io } = invocation;
  // What tar says there isn't an error of this program.
  const aside = { ...io, error: io.out };
  const execute = await executorIn(invocation, from, aside);
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const archive = writable.getWriter();
  const packing = execute(["tar", "cf", "-", from.path], { ...aside, outBytes: (bytes) => archive.write(bytes) }).then(
    () => archive.close(),
    async (error: unknown) => {
      await archive.abort(error);
      throw error;
    },
  );
  await Promise.all([packing, io.files.unpack(readable, placesFor(from, into, io))]);
}

/** Says where each entry of the archive goes, and of those that go nowhere, why. */
function placesFor(from: PathInPod, into: string, io: Io): (entry: ArchiveEntry) => string | undefined {
  const prefix = entriesOf(from.path);
  const quoted = JSON.stringify;
  let isFirstLink = true;
  return ({ name, linkTo }) => {
    const place = placeOfEntry(name, { prefix, into });
    if (place === undefined) {
      io.error(`warning: file ${quoted(joinPaths(into, name.slice(prefix.length)))} is outside target destination, skipping\n`);
      return undefined;
    }
    if (linkTo === undefined) return place;
    // Where a link leads on this machine isn't for the container to say.
    const command = `kubectl exec -n ${quoted(from.namespace ?? "")} ${quoted(from.pod)} -- tar cf - ${quoted(from.path)} | tar xf -`;
    const hint = isFirstLink ? ` (consider using "${command}")` : "";
    isFirstLink = false;
    io.error(`warning: skipping symlink: ${quoted(place)} -> ${quoted(linkTo)}${hint}\n`);
    return undefined;
  };
}

type Executor = (command: readonly string[], io: Io) => Promise<void>;

/** What runs commands in the container that is meant. Their input is `io`'s. */
async function executorIn(invocation: Invocation, { namespace, pod: name }: PathInPod, io: Io): Promise<Executor> {
  const connected = await invocation.connect();
  const connection = namespace === undefined ? connected : { ...connected, namespace };
  const pod = await podOf(connection, name);
  requireUncompleted(pod, "exec into");
  const container = containerOf(pod, invocation.flags.text("container"), io);
  return (command, each) =>
    joinStreams(connection, { verb: "exec", pod, container, command, stdin: each.input !== io.input, tty: false }, each);
}
