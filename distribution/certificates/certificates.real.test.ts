import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseTime, seededRandom } from "@kubets/machinery";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Certificates, ensureCertificates } from "./index.ts";

const noon = parseTime("2026-11-21T12:00:00Z")!;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "certificates-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function atNoon(): Promise<Certificates> {
  return ensureCertificates({
    directory,
    clock: { now: () => noon },
    random: seededRandom(1),
    hostnames: ["node-1.example"],
    addresses: ["2001:db8::1"],
    serviceAddress: "10.96.0.1",
  });
}

test("OpenSSL accepts every chain for its purpose and its host", async () => {
  const certificates = await atNoon();
  await certificates.client("admin");
  await certificates.client("front-proxy-client");
  await certificates.kubelet("n1", { hostnames: ["n1"], addresses: ["10.0.0.1"] });
  const verify = (name: string, ...options: readonly string[]): string =>
    execFileSync("openssl", ["verify", "-x509_strict", "-attime", String(noon / 1000), ...options, join(directory, `${name}.crt`)], {
      encoding: "utf8",
      stdio: "pipe",
    });
  const cluster = ["-CAfile", join(directory, "ca.crt")];
  const frontProxy = ["-CAfile", join(directory, "front-proxy-ca.crt")];
  expect(
    [
      verify("apiserver", ...cluster, "-purpose", "sslserver", "-verify_hostname", "localhost"),
      verify("apiserver", ...cluster, "-purpose", "sslserver", "-verify_ip", "2001:db8::1"),
      verify("admin", ...cluster, "-purpose", "sslclient"),
      verify("kubelet-n1", ...cluster, "-purpose", "sslclient"),
      verify("kubelet-n1-serving", ...cluster, "-purpose", "sslserver", "-verify_hostname", "n1"),
      verify("front-proxy-client", ...frontProxy, "-purpose", "sslclient"),
    ].every((output) => output.endsWith(": OK\n")),
  ).toBe(true);
  expect(() => verify("admin", ...cluster, "-purpose", "sslserver")).toThrow();
  expect(() => verify("admin", ...frontProxy)).toThrow();
});

test("keys are stored in a form that other programs read", async () => {
  await atNoon();
  expect(readFileSync(join(directory, "sa.key"), "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  expect(execFileSync("openssl", ["pkey", "-in", join(directory, "ca.key"), "-noout", "-text"], { encoding: "utf8" })).toContain(
    "prime256v1",
  );
});
