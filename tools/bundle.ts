/**
 * Bundles modules of the checkout into JavaScript for Node: one file for each entry, and one for each part that only some of them
 * need or that is imported late. What is made knows exactly what it was made from.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { type Plugin, rolldown } from "rolldown";

export interface BundleOptions {
  /** What the modules' paths are told relative to. */
  readonly root: string;
  /** File name without extension → path of its module below {@link root}. */
  readonly entries: Readonly<Record<string, string>>;
  /** An empty or missing folder. */
  readonly directory: string;
  /** Files besides the modules that decide what comes out; they are noted with the inputs. */
  readonly also?: readonly string[];
  /** What an imported package is written as, when it stays outside; `undefined` takes it in. Everything comes in when absent. */
  readonly outside?: (specifier: string, importer: string) => string | undefined;
  /** Whether it may run elsewhere too; then `node:` modules are imported as the language has it. */
  readonly portable?: boolean;
}

/** A file that a bundle was made from, as it was just before it was read. */
export interface Input {
  /** Below the root. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970: of its content, and of its inode, which no program can set back. */
  readonly modified: number;
  readonly changed: number;
  readonly sha256: string;
}

/** One file of a bundle. */
export interface BundledPart {
  readonly file: string;
  /** The modules in it, below the root. */
  readonly modules: readonly string[];
  readonly bytes: number;
  /** The module whose import loads it, if it was made for one. */
  readonly loadedBy: string | undefined;
  /** The files that are loaded with it. */
  readonly imports: readonly string[];
}

export interface Bundled {
  /** Names of what was written to the folder. */
  readonly files: readonly string[];
  readonly parts: readonly BundledPart[];
  /** The modules, every package.json by which they were found, and what was named besides. */
  readonly inputs: readonly Input[];
}

export async function bundle({ root, entries, directory, also = [], outside, portable = false }: BundleOptions): Promise<Bundled> {
  const inputs = new Map<string, Input>();
  const note = (path: string): string => {
    const { size, mtimeMs, ctimeMs } = statSync(path);
    const bytes = readFileSync(path);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    inputs.set(path, { path: relative(root, path), bytes: size, modified: mtimeMs, changed: ctimeMs, sha256 });
    return bytes.toString("utf8");
  };
  for (const path of also) note(join(root, path));
  const manifests = new Map<string, string | undefined>();
  /** The package.json that says what a folder's modules are. */
  const manifestOf = (folder: string): string | undefined => {
    const known = manifests.get(folder);
    if (known !== undefined) return known;
    const own = join(folder, "package.json");
    const found = existsSync(own) ? own : folder === root || folder === dirname(folder) ? undefined : manifestOf(dirname(folder));
    manifests.set(folder, found);
    return found;
  };
  const reader: Plugin = {
    name: "inputs",
    resolveId:
      outside === undefined
        ? undefined
        : {
            filter: { id: /^[^./]/ },
            handler(specifier, importer) {
              const written = importer === undefined ? undefined : outside(specifier, relative(root, importer));
              return written === undefined ? undefined : { id: written, external: true };
            },
          },
    load: {
      filter: { id: /^\// },
      handler(id) {
        const path = id.split("?", 1)[0]!;
        const manifest = manifestOf(dirname(path));
        if (manifest !== undefined && !inputs.has(manifest)) note(manifest);
        // What is bundled is what was noted, however the file changes meanwhile.
        return note(path);
      },
    },
  };
  await using making = await rolldown({
    input: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, join(root, path)])),
    platform: "node",
    resolve: { conditionNames: ["source", "node", "import", "default"] },
    tsconfig: false,
    plugins: [reader, ...(portable ? [] : [directBuiltins]), inAscii],
    logLevel: "silent",
    onLog(level, { message }) {
      if (level === "warn") throw new Error(message);
    },
  });
  const { output } = await making.write({
    dir: directory,
    format: "esm",
    sourcemap: true,
    // As in the repository, wherever the bundle comes to lie.
    sourcemapPathTransform: (source, map) => relative(root, resolve(dirname(map), source)),
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
  });
  const parts = output
    .filter((each) => each.type === "chunk")
    .map(({ fileName, moduleIds, code, facadeModuleId, imports }) => ({
      file: fileName,
      modules: moduleIds.map((id) => relative(root, id)),
      bytes: code.length,
      loadedBy: facadeModuleId === null ? undefined : relative(root, facadeModuleId),
      imports,
    }));
  return { files: output.map(({ fileName }) => fileName), parts, inputs: [...inputs.values()] };
}

/**
 * `import { a } from "node:b"` becomes `const { a } = process.getBuiltinModule("node:b")`.
 *
 * An import of a builtin reads each of its exports once, also those that Node makes only when they are asked for: that of `node:http`
 * compiles the whole of Node's fetch, 40 ms of a start in which nobody fetches.
 */
const directBuiltins: Plugin = {
  name: "direct-builtins",
  renderChunk(code) {
    return code.replaceAll(
      /^import (?:([\w$]+)|\* as ([\w$]+)|(?:([\w$]+), )?\{([^}]*)\}) from "(node:[\w/]+)";$/gm,
      (_, byDefault: string | undefined, all: string | undefined, beside: string | undefined, named: string | undefined, name: string) => {
        const builtin = `process.getBuiltinModule("${name}")`;
        const whole = byDefault ?? all ?? beside;
        const parts = named === undefined ? [] : [`{${named.replaceAll(" as ", ": ")}} = ${builtin}`];
        return `const ${[...(whole === undefined ? [] : [`${whole} = ${builtin}`]), ...parts].join(", ")};`;
      },
    );
  },
};

/**
 * What isn't ASCII is written by its code: else V8 keeps the whole file in two bytes per letter, and each start of the program takes a tenth
 * longer. Such letters stand in strings, templates, regular expressions and comments, where a code means the letter: unless a backslash is
 * before it. (Not in `renderChunk`, after which the text is printed anew.)
 */
const inAscii: Plugin = {
  name: "in-ascii",
  generateBundle(_, made) {
    for (const each of Object.values(made)) {
      if (each.type !== "chunk") continue;
      const escaped = /\\[^\0-\x7f]/.exec(each.code);
      if (escaped !== null) throw new Error(`${each.fileName} has a letter beyond ASCII behind a backslash: ${escaped[0]}`);
      each.code = each.code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
    }
  },
};
