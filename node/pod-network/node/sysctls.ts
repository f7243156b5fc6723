import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@kubets/machinery";

/**
 * Sysctls belong to the machine, and several clusters may need the same one: the values of before are kept until the last of them is
 * purged. Below /run, because a reboot forgets both.
 */
export interface SharedSysctls {
  /** Gives files below /proc/sys (where they exist) their values, in the name of a cluster's network. */
  change(wanted: Readonly<Record<string, string>>, network: string): void;
  /** Gives back what no other network needs. */
  restore(network: string): void;
}

export function sharedSysctls({
  logger,
  directory = "/run/kubets/sysctls",
  sysctlRoot = "/proc/sys",
}: {
  readonly logger: Logger;
  readonly directory?: string;
  readonly sysctlRoot?: string;
}): SharedSysctls {
  const users = join(directory, "users");
  const record = join(directory, "before.json");
  const set = (path: string, value: string): void => {
    logger.info("Sysctl changed", { sysctl: path.replaceAll("/", "."), to: value });
    writeFileSync(join(sysctlRoot, path), value);
  };
  const readRecord = (): Readonly<Record<string, string>> =>
    existsSync(record) ? (JSON.parse(readFileSync(record, "utf8")) as Readonly<Record<string, string>>) : {};
  return {
    change(wanted, network) {
      mkdirSync(users, { recursive: true });
      writeFileSync(join(users, network), "");
      for (const [path, value] of Object.entries(wanted)) {
        const file = join(sysctlRoot, path);
        if (!existsSync(file)) continue;
        const before = readFileSync(file, "utf8").trim();
        if (before === value) continue;
        // Written down before it is done: what was not done is harmless to undo. The first value is the one of before us.
        writeFileSync(record, JSON.stringify({ [path]: before, ...readRecord() }));
        set(path, value);
      }
    },
    restore(network) {
      rmSync(join(users, network), { force: true });
      if (!existsSync(users) || readdirSync(users).length > 0) return;
      for (const [path, value] of Object.entries(readRecord())) if (existsSync(join(sysctlRoot, path))) set(path, value);
      rmSync(directory, { recursive: true });
    },
  };
}
