/**
 * Makes the packages that are published, as JavaScript and declarations: `kubets` (the program), `@kubets/testkit`,
 * `@kubets/client` and `@kubets/api`.
 *
 * Workspace packages that aren't published travel inside of one that is: `machinery` in `@kubets/api`, so that the three libraries share
 * it; the control plane in `@kubets/testkit`; everything in `kubets`, which stands alone.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root } from "./root.ts";

interface PublishedPackage {
  readonly name: string;
  readonly description: string;
  /** Workspace folders that may travel inside, the package's own first. Of each, what the exports, the program and the workers reach. */
  readonly carries: readonly string[];
  /** Workspace packages that are reached through another published package. */
  readonly borrows: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  /** Modules that are started by their path, which no import names. */
  readonly workers?: readonly string[];
  /** Whether it brings a Node binary of its own. */
  readonly bringsNode?: boolean;
}

const fromApi: Readonly<Record<string, string>> = { "@kubets/api": "@kubets/api", "@kubets/machinery": "@kubets/api/machinery" };
const controlPlane: readonly string[] = [
  "distribution",
  "control-plane/store",
  "control-plane/apiserver",
  "control-plane/scheduler",
  "control-plane/controller-manager",
  "node/simulated",
];
const realNode: readonly string[] = [
  "node/container-runtime",
  "node/kubelet",
  "node/kube-proxy",
  "node/pod-network",
  "addons/dns",
  "clients/kubectl",
];

const published: readonly PublishedPackage[] = [
  {
    name: "@kubets/api",
    description: "The Kubernetes API as TypeScript types, schemas, defaults and validation.",
    carries: ["foundation/api", "foundation/machinery"],
    borrows: {},
    exports: {
      ".": "foundation/api/index",
      "./machinery": "foundation/machinery/index",
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
    exports: { ".": "testing/testkit/index" },
  },
  {
    name: "kubets",
    description: "Kubernetes, from scratch: a whole cluster in one program.",
    carries: ["foundation/api", "foundation/machinery", "foundation/client", ...controlPlane, ...realNode],
    borrows: {},
    exports: {},
    bin: { kubets: "distribution/bin.js" },
    workers: ["distribution/main", "control-plane/store/backends/sqlite/worker"],
    bringsNode: true,
  },
];

/** Writes the packages below `target`, a folder each, and answers the folders. What is compiled on the way lies in `build`. */
export function pack(target: string = join(root, "dist/packages"), build: string = join(root, "dist/build")): readonly string[] {
  compile(build);
  rmSync(target, { recursive: true, force: true });
  return published.map((each) => packOne(each, build, join(target, each.name.replace("/", "-").replace("@", ""))));
}

/** The modules that the world reaches a package by, without their extension. */
function roots({ exports, workers = [] }: PublishedPackage): readonly string[] {
  return [...Object.values(exports), ...workers];
}

/** Compiles what the packages are made of to JavaScript and declarations in `build`. */
function compile(build: string): void {
  rmSync(build, { recursive: true, force: true });
  mkdirSync(build, { recursive: true });
  const files = published.flatMap(roots).map((path) => join(root, `${path}.ts`));
  // What is reached through node_modules is not compiled; by these paths, workspaces are reached as what they are.
  const paths = Object.fromEntries(
    published
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
      files: [...new Set(files)],
      compilerOptions: { paths, rootDir: root, outDir: build, typeRoots: [join(root, "node_modules/@types")] },
    }),
  );
  const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", project], { cwd: root, encoding: "utf8" });
  if (tsc.status !== 0) throw new Error(`tsc failed:\n${tsc.stdout}`);
}

function packOne(made: PublishedPackage, build: string, folder: string): string {
  const carried = new Map<string, string>();
  const versions = new Map<string, string>();
  for (const workspace of made.carries) {
    const manifest = readManifest(workspace);
    for (const [subpath, { source }] of Object.entries(manifest.exports)) {
      carried.set(join(manifest.name, subpath), join(workspace, source).replace(/\.ts$/, ".js"));
    }
    for (const [name, version] of Object.entries(manifest.dependencies ?? {})) versions.set(name, version);
  }
  const version = readManifest("distribution").version;
  const dependencies: Record<string, string> = {};
  const place = (specifier: string, path: string): Placed => {
    if (specifier.startsWith("node:")) return { specifier };
    if (specifier.startsWith(".")) {
      // A declaration still names the source that it was made from.
      const compiled = specifier.replace(/\.ts$/, ".js");
      return { specifier: compiled, inside: join(dirname(path), compiled) };
    }
    const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
    const borrowed = made.borrows[specifier];
    const inside = carried.get(specifier);
    if (borrowed !== undefined) {
      dependencies[borrowed.split("/", 2).join("/")] = version;
      return { specifier: borrowed };
    }
    if (inside !== undefined) {
      const target = relative(dirname(path), inside);
      return { specifier: target.startsWith(".") ? target : `./${target}`, inside };
    }
    const pinned = versions.get(name);
    if (name.startsWith("@kubets/") || pinned === undefined)
      throw new Error(`${made.name}: ${path} imports ${specifier}, which neither travels inside, nor is borrowed, nor is a dependency`);
    dependencies[name] = pinned;
    return { specifier };
  };

  const waiting = roots(made).map((path) => `${path}.js`);
  const reached = new Set(waiting);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    for (const file of [path, path.replace(/\.js$/, ".d.ts")]) {
      const placed = rewrite(readFileSync(join(build, file), "utf8"), (specifier) => {
        const { specifier: written, inside } = place(specifier, file);
        if (inside !== undefined && !reached.has(inside)) {
          reached.add(inside);
          waiting.push(inside);
        }
        return written;
      });
      writeFileSync(join(folder, file), placed);
    }
  }
  if (made.bringsNode === true) cpSync(join(root, "distribution/bin.mjs"), join(folder, "distribution/bin.js"));
  for (const document of ["LICENSE", "README.md"])
    if (existsSync(join(root, document))) cpSync(join(root, document), join(folder, document));
  const rootManifest = readManifest(".");
  writeFileSync(
    join(folder, "package.json"),
    `${JSON.stringify(
      {
        name: made.name,
        version,
        description: made.description,
        license: "Apache-2.0",
        type: "module",
        engines: rootManifest.engines,
        exports: Object.fromEntries(
          Object.entries(made.exports).map(([subpath, path]) => [subpath, { types: `./${path}.d.ts`, default: `./${path}.js` }]),
        ),
        ...(made.bin === undefined ? {} : { bin: made.bin }),
        dependencies: Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1))),
        ...(made.bringsNode === true ? { optionalDependencies: rootManifest.optionalDependencies } : {}),
      },
      undefined,
      2,
    )}\n`,
  );
  return folder;
}

/** Where an import leads: what to write, and the module inside of the package, if it is one. */
interface Placed {
  readonly specifier: string;
  readonly inside?: string;
}

/** Replaces every specifier of an import, export or `import()`, in JavaScript and in declarations. */
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

if (import.meta.main) for (const folder of pack()) console.log(relative(root, folder));
