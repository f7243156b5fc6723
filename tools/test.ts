/**
 * Every suite: `npm test`. Says and installs the real parts that tests use where it may (root on Debian or Ubuntu), runs
 * vitest, and ends with one line `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installDebianPackages, nodePackages } from "../distribution/debian-packages.ts";
import { root } from "./root.ts";

// Debian's kubectl is old and would stand in the way of another package's: only where there is none at all.
const kubectl = spawnSync("kubectl", ["version", "--client"], { stdio: "ignore" }).error === undefined ? [] : ["kubernetes-client"];
// Under systemd Debian's docker.io starts a daemon, which closes the machine's firewall: there it's the user's to install.
const docker = existsSync("/run/systemd/system") ? [] : ["docker.io"];
const parts = [
  "etcd-server",
  "etcd-client",
  "strace",
  "openssl",
  "busybox-static",
  "bind9-dnsutils",
  "user-mode-linux",
  ...nodePackages,
  ...docker,
  ...kubectl,
];
installDebianPackages(parts, { purpose: "the tests against real parts" });

const folder = mkdtempSync(join(tmpdir(), "kubets-test-"));
try {
  const report = join(folder, "report.json");
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...process.argv.slice(2)];
  const { status } = spawnSync(join(root, "node_modules/.bin/vitest"), args, { cwd: root, stdio: "inherit" });
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, "utf8")) as {
    readonly numPassedTests: number;
    readonly numFailedTests: number;
    readonly numPendingTests: number;
    readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
  };
  // A file that could not even be loaded has no tests to count, yet it failed.
  const failedFiles = testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
  const failed = numFailedTests + failedFiles;
  console.log(`${numPassedTests} passed, ${failed} failed${numPendingTests > 0 ? `, ${numPendingTests} skipped` : ""}`);
  process.exitCode = status === 0 && failed === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
