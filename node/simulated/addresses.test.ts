import { expect, test } from "vitest";
import { addressIn, createAddressPool, subrange } from "./addresses.ts";

test("addresses are given out from the lowest, the gateway's and the broadcast one never", () => {
  const pool = createAddressPool("10.1.2.0/29");
  expect(Array.from({ length: 5 }, () => pool.take())).toEqual(["10.1.2.2", "10.1.2.3", "10.1.2.4", "10.1.2.5", "10.1.2.6"]);
  expect(() => pool.take()).toThrow("Cannot give an address out of 10.1.2.0/29: all 5 are taken");
  pool.release("10.1.2.4");
  expect(pool.take()).toBe("10.1.2.4");
});

test("an address that is claimed isn't given out again; one of another range can't be claimed", () => {
  const pool = createAddressPool("10.1.2.0/29");
  expect([pool.claim("10.1.2.2"), pool.claim("10.1.2.2"), pool.claim("10.1.3.2"), pool.claim("10.1.2.1"), pool.take()]).toEqual([
    true,
    false,
    false,
    false,
    "10.1.2.3",
  ]);
});

test("ranges are cut and addresses counted within larger ranges, and not beyond", () => {
  expect([subrange("10.128.0.0/9", 24, 257), addressIn("172.16.0.0/12", 300)]).toEqual(["10.129.1.0/24", "172.16.1.44"]);
  expect(() => subrange("10.0.0.0/16", 24, 256)).toThrow("Cannot cut /24 number 256 out of 10.0.0.0/16: it has 256");
  expect(() => addressIn("10.0.0.0/30", 3)).toThrow("Cannot take address 3 of 10.0.0.0/30: it has 4");
  expect(() => createAddressPool("10.0.0.0")).toThrow('Cannot read "10.0.0.0"');
});
