import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const suite = join(import.meta.dirname, "go-controller");
const begin = join(import.meta.dirname, "../tools/begin.mjs");
/** Where Go's own archives are unpacked to, which isn't always in the path. */
const go = ["/usr/local/go/bin/go"].find(existsSync) ?? "go";
/** Modules come from Go's cache alone: whoever wants this test runs `go mod download` in the folder once. */
const offline = { ...process.env, GOPROXY: "off", GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local" };

const isBuildable = spawnSync(go, ["list", "-deps", "-test", "./..."], { cwd: suite, env: offline, maxBuffer: 2 ** 26 }).status === 0;
if (!isBuildable) console.warn("No Go with the modules of examples/go-controller: the suite with controller-runtime did not run");

test.skipIf(!isBuildable)(
  "a Go suite with controller-runtime and envtest runs unchanged, and may have controllers beside",
  { timeout: 900_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "kubets-go-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const assets = join(folder, "assets");
    const { status, stderr } = spawnSync(process.execPath, [begin, "kubets", "envtest", "assets", assets], { encoding: "utf8" });
    expect({ status }, stderr).toEqual({ status: 0 });
    const binary = join(folder, "suite.test");
    await promisify(execFile)(go, ["test", "-c", "-o", binary, "."], { cwd: suite, env: offline });
    for (const controllers of [undefined, "all"]) {
      const env = { ...process.env, KUBEBUILDER_ASSETS: assets, ...(controllers && { KUBETS_CONTROLLERS: controllers }) };
      const { stdout } = await promisify(execFile)(binary, ["-test.v", "-test.timeout=120s"], { cwd: suite, env });
      expect(stdout).toContain("--- PASS: TestGreetings");
    }
  },
);
