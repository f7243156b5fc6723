/**
 * Makes the packages that are published, as bundled JavaScript and declarations: `kubets` (the program), `@kubets/testkit`,
 * `@kubets/client` and `@kubets/api`.
 *
 * Workspace packages that aren't published travel inside of one that is: `machinery` in `@kubets/api`, so that the three libraries share
 * it; the control plane in `@kubets/testkit`; everything in `kubets`, which stands alone and brings even what it uses of npm.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { programEntries } from "./build-program.ts";
import { bundle, type Input } from "./bundle.ts";
import { root } from "./root.ts";
import { shipTemplate } from "./ship-template.ts";

interface Library {
  readonly name: string;
  readonly description: string;
  /** Workspace folders that may travel inside, the package's own first. Of each, what the exports reach. */
  readonly carries: readonly string[];
  /** Workspace packages that are reached through another published package. */
  readonly borrows: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
  /** What whoever installs it brings along if they use the part that needs it. */
  readonly peers?: Readonly<Record<string, string>>;
  /** Whether it is for Node alone. Of the others, a bundler for browsers takes what it needs. */
  readonly needsNode?: boolean;
}

const fromApi: Readonly<Record<string, string>> = {
  "@kubets/api": "@kubets/api",
  "@kubets/machinery": "@kubets/api/machinery",
  "@kubets/machinery/cel": "@kubets/api/machinery/cel",
  "@kubets/machinery/x509": "@kubets/api/machinery/x509",
};
const controlPlane: readonly string[] = [
  "distribution",
  "control-plane/store",
  "control-plane/apiserver",
  "control-plane/scheduler",
  "control-plane/controller-manager",
  "control-plane/cloud-controller-manager",
  "node/simulated",
  "addons/host-path-provisioner",
  "addons/metrics-server",
];
const libraries: readonly Library[] = [
  {
    name: "@kubets/api",
    description: "The Kubernetes API as TypeScript types, schemas, defaults and validation.",
    carries: ["foundation/api", "foundation/machinery"],
    borrows: {},
    exports: {
      ".": "foundation/api/index",
      "./machinery": "foundation/machinery/index",
      "./machinery/cel": "foundation/machinery/cel/index",
      "./machinery/x509": "foundation/machinery/x509/index",
      "./machinery/node": "foundation/machinery/node/index",
    },
  },
  {
    name: "@kubets/client",
    description: "A Kubernetes client with informers, work queues, leader election and a controller runner.",
    carries: ["foundation/client"],
    borrows: { ...fromApi, "@kubets/machinery/node": "@kubets/api/machinery/node" },
    exports: { ".": "foundation/client/index", "./node": "foundation/client/node/index" },
  },
  {
    name: "@kubets/testkit",
    description: "A whole Kubernetes cluster that a test can import.",
    carries: ["testing/testkit", ...controlPlane],
    borrows: {
      ...fromApi,
      "@kubets/machinery/node": "@kubets/api/machinery/node",
      "@kubets/client": "@kubets/client",
      "@kubets/client/node": "@kubets/client/node",
    },
    exports: { ".": "testing/testkit/index", "./vitest": "testing/testkit/vitest", "./node-test": "testing/testkit/node-test" },
    peers: { vitest: ">=3" },
    needsNode: true,
  },
];

/** Writes the packages below `target`, a folder each, and answers the folders. What is compiled on the way lies in `build`. */
export async function pack(
  target: string = join(root, "dist/packages"),
  build: string = join(root, "dist/build"),
): Promise<readonly string[]> {
  declare(build);
  rmSync(target, { recursive: true, force: true });
  const folders: string[] = [];
  for (const library of libraries) folders.push(await packLibrary(library, build, join(target, library.name.slice(1).replace("/", "-"))));
  return [...folders, await packProgram(join(target, "kubets"))];
}

/** Writes the declarations of what the libraries are made of into `build`. */
function declare(build: string): void {
  rmSync(build, { recursive: true, force: true });
  mkdirSync(build, { recursive: true });
  const files = libraries.flatMap(({ exports }) => Object.values(exports)).map((path) => join(root, `${path}.ts`));
  // What is reached through node_modules is not compiled; by these paths, workspaces are reached as what they are.
  const paths = Object.fromEntries(
    libraries
      .flatMap(({ carries }) => carries)
      .flatMap((workspace) => {
        const { name, exports } = readManifest(workspace);
        return Object.entries(exports).map(([subpath, { source }]) => [join(name, subpath), [join(root, workspace, source)]]);
      }),
  );
  const project = join(build, "tsconfig.json");
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, "tsconfig.build.json"),
      include: [],
      files,
      compilerOptions: { paths, rootDir: root, outDir: build, emitDeclarationOnly: true, typeRoots: [join(root, "node_modules/@types")] },
    }),
  );
  const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", project], { cwd: root, encoding: "utf8" });
  if (tsc.status !== 0) throw new Error(`tsc failed:\n${tsc.stdout}`);
}

/** The program, in one bundle with all that it uses. */
async function packProgram(folder: string): Promise<string> {
  const { inputs } = await bundle({ root, entries: programEntries, directory: folder });
  cpSync(join(root, "distribution/bin.mjs"), join(folder, "bin.js"));
  for (const name of ["node-flags.mjs", "program-names.mjs"]) cpSync(join(root, "distribution", name), join(folder, name));
  writeFileSync(join(folder, "THIRD-PARTY-LICENSES.txt"), licenses(inputs));
  const { optionalDependencies } = readManifest(".");
  describe(folder, {
    name: "kubets",
    description: "Kubernetes, from scratch: a whole cluster in one program.",
    exports: {},
    bin: { kubets: "bin.js" },
    optionalDependencies,
  });
  return folder;
}

/** What the packages of npm inside of a bundle ask to be told with them. */
function licenses(inputs: readonly Input[]): string {
  const packages = inputs
    .map(({ path }) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0])
    .filter((path) => path !== undefined);
  return [...new Set(packages)]
    .toSorted()
    .map((path) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8")) as Readonly<
        Record<string, string>
      >;
      const texts = readdirSync(join(root, path)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
      return [`${name} ${version}, ${license}`, ...texts.map((file) => readFileSync(join(root, path, file), "utf8").trim())].join("\n\n");
    })
    .join(`\n\n${"-".repeat(80)}\n\n`);
}

async function packLibrary(library: Library, build: string, folder: string): Promise<string> {
  const carried = new Map<string, string>();
  const versions = new Map<string, string>();
  for (const workspace of library.carries) {
    const manifest = readManifest(workspace);
    for (const [subpath, { source }] of Object.entries(manifest.exports)) {
      carried.set(join(manifest.name, subpath), join(workspace, source).replace(/\.ts$/, ".js"));
    }
    for (const [name, version] of Object.entries(manifest.dependencies ?? {})) versions.set(name, version);
  }
  const dependencies: Record<string, string> = {};
  /** How a package that stays outside is written, which makes it a dependency; `undefined` for what travels inside. */
  const outside = (specifier: string, importer: string): string | undefined => {
    if (specifier.startsWith("node:") || carried.has(specifier)) return undefined;
    const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
    if (library.peers?.[name] !== undefined) return specifier;
    const borrowed = library.borrows[specifier];
    const pinned = borrowed === undefined ? versions.get(name) : readManifest("distribution").version;
    if (pinned === undefined || (borrowed === undefined && name.startsWith("@kubets/")))
      throw new Error(
        `${library.name}: ${importer} imports ${specifier}, which neither travels inside, nor is borrowed, nor is a dependency`,
      );
    dependencies[borrowed?.split("/", 2).join("/") ?? name] = pinned;
    return borrowed ?? specifier;
  };
  const roots = Object.values(library.exports);
  const entries = Object.fromEntries(roots.map((path) => [path, `${path}.ts`]));
  const bundled = await bundle({ root, entries, directory: folder, outside, portable: library.needsNode !== true });
  await shipTemplate(bundled, folder);
  copyDeclarations(roots, { build, folder, carried, outside });
  describe(folder, {
    name: library.name,
    description: library.description,
    exports: Object.fromEntries(
      Object.entries(library.exports).map(([subpath, path]) => [subpath, { types: `./${path}.d.ts`, default: `./${path}.js` }]),
    ),
    dependencies: Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(library.peers === undefined
      ? {}
      : {
          peerDependencies: library.peers,
          peerDependenciesMeta: Object.fromEntries(Object.keys(library.peers).map((name) => [name, { optional: true }])),
        }),
  });
  return folder;
}

/** The declarations that the roots reach, with every import leading to where it lies in the package. */
function copyDeclarations(
  roots: readonly string[],
  {
    build,
    folder,
    carried,
    outside,
  }: {
    readonly build: string;
    readonly folder: string;
    readonly carried: ReadonlyMap<string, string>;
    readonly outside: (specifier: string, importer: string) => string | undefined;
  },
): void {
  const waiting = roots.map((path) => `${path}.js`);
  const reached = new Set(waiting);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const declaration = path.replace(/\.js$/, ".d.ts");
    const text = rewrite(readFileSync(join(build, declaration), "utf8"), (specifier) => {
      // A declaration still names the source that it was made from.
      const compiled = specifier.startsWith(".") ? specifier.replace(/\.ts$/, ".js") : undefined;
      const inside = compiled === undefined ? carried.get(specifier) : join(dirname(declaration), compiled);
      if (inside !== undefined && !reached.has(inside)) {
        reached.add(inside);
        waiting.push(inside);
      }
      if (compiled !== undefined) return compiled;
      if (inside === undefined) return outside(specifier, declaration) ?? specifier;
      const target = relative(dirname(declaration), inside);
      return target.startsWith(".") ? target : `./${target}`;
    });
    mkdirSync(dirname(join(folder, declaration)), { recursive: true });
    writeFileSync(join(folder, declaration), text);
  }
}

/** Writes the package.json, and what every package tells of itself. */
function describe(folder: string, facts: object): void {
  for (const document of ["LICENSE", "README.md"])
    if (existsSync(join(root, document))) cpSync(join(root, document), join(folder, document));
  const manifest = {
    version: readManifest("distribution").version,
    license: "Apache-2.0",
    type: "module",
    engines: readManifest(".").engines,
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ ...facts, ...manifest }, undefined, 2)}\n`);
}

/** Replaces every specifier of an import, export or `import()` in a declaration. */
function rewrite(source: string, replace: (specifier: string) => string): string {
  return source.replaceAll(
    /^(import\s+|(?:import|export|\})[^"\n]*\bfrom\s+)"([\w@./-]+)"|(\bimport\()"([\w@./-]+)"/gm,
    (_, statement: string | undefined, statically: string, call: string, dynamically: string) =>
      statement === undefined ? `${call}"${replace(dynamically)}"` : `${statement}"${replace(statically)}"`,
  );
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, { readonly source: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function readManifest(workspace: string): Manifest {
  return JSON.parse(readFileSync(join(root, workspace, "package.json"), "utf8")) as Manifest;
}

if (import.meta.main) for (const folder of await pack()) console.log(relative(root, folder));
