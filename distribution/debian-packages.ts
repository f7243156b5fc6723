import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** What a real node uses. */
export const nodePackages: readonly string[] = [
  "containerd",
  "runc",
  "crun",
  "containernetworking-plugins",
  "iproute2",
  "iptables",
  "nftables",
  "conntrack",
];

/** What came of asking for packages of the distribution. */
export type Installation =
  | { readonly outcome: "present" }
  | { readonly outcome: "installed"; readonly packages: readonly string[] }
  /** `sentence` says why, and which command would do it. */
  | { readonly outcome: "missing"; readonly packages: readonly string[]; readonly sentence: string };

/**
 * Installs what is missing of `packages` from the distribution, as root on Debian or Ubuntu, and says so before. Elsewhere it
 * names the packages and installs nothing.
 */
export function installDebianPackages(
  packages: readonly string[],
  { purpose, say = (line) => console.error(line) }: { readonly purpose: string; readonly say?: (line: string) => void },
): Installation {
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length === 0) return { outcome: "present" };
  const command = `apt-get install --no-remove --no-install-recommends ${missing.join(" ")}`;
  const refusal = !isDebian()
    ? `this is not Debian or Ubuntu; install what your system calls ${missing.join(", ")}`
    : process.getuid?.() !== 0
      ? `installing needs root: sudo ${command}`
      : undefined;
  if (refusal !== undefined) {
    const sentence = `kubets: ${purpose} would use ${missing.join(", ")}: ${refusal}`;
    say(sentence);
    return { outcome: "missing", packages: missing, sentence };
  }
  say(`kubets: installing for ${purpose}: ${command}`);
  const install = (): boolean => apt(["install", "-y", "-q", "--no-remove", "--no-install-recommends", ...missing]);
  // The lists may be missing or old: fetch them only when the first try fails.
  const succeeded = install() || (apt(["update", "-q"]) && install());
  if (succeeded) return { outcome: "installed", packages: missing };
  const sentence = `kubets: ${command} failed; its own words are above`;
  say(sentence);
  return { outcome: "missing", packages: missing, sentence };
}

function apt(args: readonly string[]): boolean {
  const { status } = spawnSync("apt-get", args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  return status === 0;
}

function isInstalled(name: string): boolean {
  const { stdout } = spawnSync("dpkg-query", ["-W", "-f", "${Status}", name], { encoding: "utf8" });
  return typeof stdout === "string" && stdout.includes("install ok installed");
}

function isDebian(): boolean {
  if (!existsSync("/etc/os-release")) return false;
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync("/etc/os-release", "utf8"));
}
