import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Acknowledgement, WriterArguments } from "./run-writer.ts";
import { followWriter, writerCommand } from "./run-writer.ts";

/**
 * A machine whose power can be cut: a user-mode Linux with a disk of its own. Its kernel is a process, so what that kernel has not written
 * to its disk is gone with it, which a killed process on this machine's kernel never shows.
 */
export interface Machine {
  /** Runs the writer on the machine, and cuts the power as soon as `isEnough` of the number of acknowledgements. */
  write(writer: Omit<WriterArguments, "path">, isEnough: (count: number) => boolean): Promise<readonly Acknowledgement[]>;
  /** Copies the files of the store from the disk as a machine would find it that starts again. Answers where the store now is. */
  copyStore(): string;
}

const kernel = "/usr/bin/linux.uml";
const diskBytes = 256 * 2 ** 20;

/** Why there can be no such machine here; `undefined` when there can. */
export function whyNoMachine(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "it needs root on Linux, to mount the disk";
  if (!existsSync(kernel)) return "user-mode Linux is not installed (user-mode-linux on Debian)";
  if (!existsSync("/dev/loop-control")) return "this kernel has no loop devices";
  return undefined;
}

/** Makes a machine with an empty disk, in a directory of the caller's. */
export function createMachine(directory: string): Machine {
  const disk = join(directory, "disk");
  writeFileSync(disk, "");
  truncateSync(disk, diskBytes);
  demand("mkfs.ext4", "-q", "-F", disk);
  const mountPoint = join(directory, "mounted");
  mkdirSync(mountPoint);
  const init = join(directory, "init");
  const copies = join(directory, "copies");
  mkdirSync(copies);

  return {
    async write(writer, isEnough) {
      writeFileSync(init, initOf(writerCommand({ ...writer, path: "/run/disk/store.db" }), directory), { mode: 0o755 });
      // A group of its own: the kernel has helpers, and power fails for all at once.
      // On one processor: its kernel and its programs hand over to each other at every system call, several times slower across two.
      const child = spawn("taskset", ["-c", oneProcessor(), kernel, ...bootParameters({ init, disk, directory })], {
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      });
      return await followWriter(child, (count) => {
        if (isEnough(count) && child.exitCode === null) process.kill(-child.pid!, "SIGKILL");
      });
    },
    copyStore() {
      demand("mount", "-t", "ext4", "-o", "loop", disk, mountPoint);
      try {
        for (const name of ["store.db", "store.db-wal"]) {
          const [from, to] = [join(mountPoint, name), join(copies, name)];
          if (existsSync(from)) copyFileSync(from, to);
          else writeFileSync(to, "");
        }
      } finally {
        demand("umount", mountPoint);
      }
      return join(copies, "store.db");
    },
  };
}

function bootParameters({ init, disk, directory }: { readonly init: string; readonly disk: string; readonly directory: string }): string[] {
  return [
    ...["mem=512M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", `init=${init}`, `ubd0=${disk}`],
    // The first serial line is the standard output, there is no console.
    ...["con=null", "con0=null,null", "ssl0=null,fd:1", "quiet", "umid=machine", `uml_dir=${directory}/`],
    // These would measure the processor for a second, for file systems that are not used.
    "initcall_blacklist=raid6_select_algo,init_btrfs_fs",
  ];
}

function oneProcessor(): string {
  const [, first = "0"] = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return first;
}

/** This machine's files are there to read, the disk is mounted like every other; the writer's words go to the serial line. */
function initOf(command: readonly string[], directory: string): string {
  return `#!/bin/sh
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
stty -F /dev/ttyS0 raw -echo
exec >/dev/ttyS0 2>&1
mkdir /run/disk /run/compiled
mount -t hostfs -o ${directory} none /run/compiled
mount -t ext4 /dev/ubda /run/disk
cd ${dirname(command[2]!)}
export NODE_COMPILE_CACHE=/run/compiled/compiled
${command.map((word) => `'${word}'`).join(" ")}
echo "the writer ended with $?"
exec tail -f /dev/null
`;
}

function demand(command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot run ${command} ${args.join(" ")}: ${error?.message ?? stderr.trim()}`);
}
