import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silent } from "@kubets/machinery";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type SharedSysctls, sharedSysctls } from "./sysctls.ts";

describe("sysctls that clusters share", () => {
  let parent: string;
  let sysctls: SharedSysctls;
  const forwarding = (): string => readFileSync(join(parent, "sys/net/ipv4/ip_forward"), "utf8").trim();
  const wanted = { "net/ipv4/ip_forward": "1", "net/bridge/bridge-nf-call-iptables": "1" };

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), "kubets-sysctls-"));
    mkdirSync(join(parent, "sys/net/ipv4"), { recursive: true });
    writeFileSync(join(parent, "sys/net/ipv4/ip_forward"), "0\n");
    sysctls = sharedSysctls({ logger: silent, directory: join(parent, "run"), sysctlRoot: join(parent, "sys") });
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  test("are given back by the last one", () => {
    sysctls.change(wanted, "kubets-a");
    sysctls.change(wanted, "kubets-b");
    sysctls.restore("kubets-a");
    expect(forwarding()).toBe("1");
    sysctls.restore("kubets-b");
    expect(forwarding()).toBe("0");
  });

  test("have the value of before the first change, even when they were changed again in between", () => {
    sysctls.change(wanted, "kubets-a");
    writeFileSync(join(parent, "sys/net/ipv4/ip_forward"), "2\n");
    sysctls.change(wanted, "kubets-a");
    sysctls.restore("kubets-a");
    expect(forwarding()).toBe("0");
  });

  test("that were as they must be stay so", () => {
    writeFileSync(join(parent, "sys/net/ipv4/ip_forward"), "1\n");
    sysctls.change(wanted, "kubets-a");
    sysctls.restore("kubets-a");
    sysctls.restore("kubets-a");
    expect(forwarding()).toBe("1");
  });
});
