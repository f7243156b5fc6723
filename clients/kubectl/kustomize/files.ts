import { CommandError } from "../errors.ts";

/** The files of a machine, as kustomizations see them. Paths are absolute, but where said. */
export interface Files {
  /** A path as seen from a folder, without dots in it. */
  join(folder: string, path: string): string;
  isAbsolute(path: string): boolean;
  /** Where a path leads when links are followed, or why nowhere. */
  resolve(path: string): Promise<ResolvedPath>;
  read(path: string): Promise<Uint8Array>;
}

export type ResolvedPath =
  | { readonly type: "folder"; readonly path: string }
  | { readonly type: "file"; readonly path: string; readonly folder: string }
  | { readonly type: "nothing"; readonly problem: string };

export type LoadRestriction = "root only" | "none";

/** The folder that a kustomization stands in, from which it sees its files and other folders. */
export class Root {
  readonly path: string;
  readonly #files: Files;
  readonly #restriction: LoadRestriction;
  readonly #referrer: Root | undefined;

  private constructor(path: string, files: Files, restriction: LoadRestriction, referrer: Root | undefined) {
    this.path = path;
    this.#files = files;
    this.#restriction = restriction;
    this.#referrer = referrer;
  }

  /** The folder at a path. */
  static async at(path: string, files: Files, restriction: LoadRestriction): Promise<Root> {
    if (isRemote(path)) throw remote(path);
    return new Root(await folderAt(path, files), files, restriction, undefined);
  }

  /** A folder that a kustomization here names. It can be none that holds this one, or one that led here. */
  async folder(path: string): Promise<Root> {
    if (path === "") throw new CommandError("new root cannot be empty");
    if (isRemote(path)) throw remote(path);
    if (this.#files.isAbsolute(path)) throw new CommandError(`new root '${path}' cannot be absolute`);
    const folder = await folderAt(this.#files.join(this.path, path), this.#files);
    this.#refuseCycle(folder);
    return new Root(folder, this.#files, this.#restriction, this);
  }

  #refuseCycle(folder: string): void {
    if (isInOrBelow(this.path, folder))
      throw new CommandError(`cycle detected: candidate root '${folder}' contains visited root '${this.path}'`);
    if (this.#referrer !== undefined) this.#referrer.#refuseCycle(folder);
  }

  /** What a file holds that a kustomization here names. It must be in this folder or below, links followed, unless nothing is restricted. */
  async load(path: string): Promise<Uint8Array> {
    if (isUrl(path)) throw remote(path);
    const full = this.#files.isAbsolute(path) ? path : this.#files.join(this.path, path);
    if (this.#restriction === "none") return this.#files.read(full);
    const found = await this.#files.resolve(full);
    if (found.type === "nothing") throw new CommandError(found.problem);
    if (found.type === "folder") throw new CommandError(`'${full}' must resolve to a file`);
    if (!isInOrBelow(found.folder, this.path)) throw new CommandError(`security; file '${full}' is not in or below '${this.path}'`);
    return this.#files.read(found.path);
  }
}

async function folderAt(path: string, files: Files): Promise<string> {
  const found = await files.resolve(path);
  if (found.type === "nothing") throw new CommandError(`must build at directory: not a valid directory: ${found.problem}`);
  if (found.type === "file") throw new CommandError(`must build at directory: '${path}': file is not directory`);
  return found.path;
}

function isInOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

const isUrl = (path: string): boolean => /^https?:/i.test(path);

/** What upstream would fetch, or clone by git. */
function isRemote(path: string): boolean {
  return isUrl(path) || /^(?:ssh|git|file):|^[\w.-]+@[\w.-]+:|^github\.com[/:]|[?&](?:ref|version)=/i.test(path);
}

function remote(path: string): CommandError {
  return new CommandError(`'${path}' is remote: kustomizations are read from files of this machine only; fetch it and name its folder`);
}
