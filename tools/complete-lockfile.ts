/**
 * Completes package-lock.json: `node tools/complete-lockfile.ts`, after every `npm install` that changes it.
 *
 * Packages for other platforms are optional dependencies. A registry mirror may not carry them; npm then leaves them out of the
 * lockfile, and `npm ci` refuses the lockfile as incomplete, on every platform. Each is entered here with the exact version that its parent
 * asks for and the platform that its name says, so that `npm ci` passes it over where it doesn't belong and fetches it where it does.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.ts";

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const file = join(root, "package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, LockedPackage> };
const added: string[] = [];
for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    // Beside the parent: what is farther up may be of another version.
    const beside = `${parent.slice(0, parent.lastIndexOf("node_modules/"))}node_modules/${name}`;
    const places = [`${parent}/node_modules/${name}`, beside, `node_modules/${name}`];
    // A range is met by what npm has chosen; only packages for platforms are asked for exactly.
    if (!/^\d+\.\d+\.\d+[\w.+-]*$/.test(version)) continue;
    if (places.some((path) => lock.packages[path]?.version === version)) continue;
    const entry = { version, ...platformOf(name), ...(dev === true ? { dev } : {}), optional: true };
    lock.packages[parent === "" ? `node_modules/${name}` : beside] = entry;
    added.push(`${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
console.log(added.length === 0 ? "package-lock.json is complete" : `entered ${added.join(", ")}`);

/** What the parts of a name such as `@oxfmt/binding-linux-arm64-musl` say, in npm's words. */
function platformOf(name: string): { readonly os: readonly string[]; readonly cpu: readonly string[]; readonly libc?: readonly string[] } {
  const parts = name.split(/[-/]/);
  const systems: Readonly<Record<string, string>> = {
    win32: "win32",
    windows: "win32",
    darwin: "darwin",
    linux: "linux",
    android: "android",
    freebsd: "freebsd",
    openharmony: "openharmony",
    wasm32: "wasm",
    netbsd: "netbsd",
    openbsd: "openbsd",
    sunos: "sunos",
    aix: "aix",
  };
  const processors = ["arm64", "x64", "arm", "ia32", "ppc64", "s390x", "riscv64", "loong64", "mips64el", "wasm32"];
  const os = parts.map((part) => systems[part]).find((each) => each !== undefined);
  const cpu = processors.find((each) => parts.includes(each));
  if (os === undefined || cpu === undefined) throw new Error(`The name ${name} does not say its platform`);
  const libc = parts.some((part) => part.startsWith("musl")) ? "musl" : parts.some((part) => part.startsWith("gnu")) ? "glibc" : undefined;
  return { os: [os], cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }) };
}
