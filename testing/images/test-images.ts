import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Architecture, BuiltImage, ImageRecipe, TarEntry } from "@kubets/container-runtime";
import { buildImage } from "@kubets/container-runtime";

// Images for tests, made on the spot from the static busybox of this machine: nothing is downloaded.

/** Why the images can't be made here; `undefined` when they can. */
export function whyNoTestImages(): string | undefined {
  const { status, stdout } = spawnSync("busybox", ["--list"], { encoding: "utf8" });
  if (status !== 0) return "busybox is not installed (busybox-static on Debian)";
  return stdout.includes("httpd") && isStatic(readBusybox()) ? undefined : "busybox is not statically linked (busybox-static on Debian)";
}

/** A shell with all that belongs to it; runs `sleep` for ever when it is told nothing else. */
export function busyboxImage(recipe: Partial<ImageRecipe> = {}): BuiltImage {
  return buildImage({
    architecture: ownArchitecture(),
    layers: [busyboxLayer()],
    environment: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    command: ["sh", "-c", "trap 'exit 0' TERM; sleep infinity & wait"],
    ...recipe,
  });
}

/**
 * A web server on `$PORT` (8080): `/hostname` answers the Pod's name, `/cgi-bin/request` the client's address and the request as
 * `NAME=VALUE` lines, `/healthz` answers `ok` until the file /www/healthz is removed.
 */
export function echoImage(): BuiltImage {
  const program = ["#!/bin/sh", "hostname > /www/hostname", "echo ok > /www/healthz", "exec httpd -f -p ${PORT:-8080} -h /www", ""].join(
    "\n",
  );
  const request = ["#!/bin/sh", "echo 'Content-Type: text/plain'", "echo", "hostname | sed s/^/HOSTNAME=/", "env | sort", ""].join("\n");
  return busyboxImage({
    layers: [
      busyboxLayer(),
      [
        { path: "www" },
        { path: "www/cgi-bin" },
        { path: "www/cgi-bin/request", content: utf8.encode(request), mode: 0o755 },
        { path: "bin/echo-server", content: utf8.encode(program), mode: 0o755 },
      ],
    ],
    command: ["/bin/echo-server"],
  });
}

/** The busybox with a `ping` that runs with root's rights, whoever calls it. */
export function setuidImage(): BuiltImage {
  return busyboxImage({ layers: [busyboxLayer(), [{ path: "sbin/ping", content: readBusybox(), mode: 0o4755 }]] });
}

function busyboxLayer(): readonly TarEntry[] {
  const applets = spawnSync("busybox", ["--list"], { encoding: "utf8" }).stdout.split("\n");
  return [
    ...["bin", "etc", "proc", "sys", "dev", "root", "var"].map((path) => ({ path })),
    { path: "tmp", mode: 0o1777 },
    { path: "bin/busybox", content: readBusybox(), mode: 0o755 },
    ...applets.filter((name) => name !== "" && name !== "busybox").map((name) => ({ path: `bin/${name}`, linkTo: "busybox" })),
    { path: "etc/passwd", content: utf8.encode("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n") },
    { path: "etc/group", content: utf8.encode("root:x:0:\nnogroup:x:65534:\n") },
  ];
}

function readBusybox(): Uint8Array {
  const { stdout } = spawnSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" });
  return readFileSync(stdout.trim());
}

/** A program that asks for an interpreter names it in its first bytes. */
function isStatic(elf: Uint8Array): boolean {
  return !new TextDecoder("latin1").decode(elf.subarray(0, 4096)).includes("/ld-");
}

function ownArchitecture(): Architecture {
  return process.arch === "arm64" ? "arm64" : "amd64";
}

const utf8 = new TextEncoder();
