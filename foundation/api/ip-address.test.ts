import { expect, test } from "vitest";
import { ipFamilyOf, ipFamilyOfRange, validateIp, validateIpRange, validateNonSpecialIp } from "./ip-address.ts";

test.each([
  ["10.0.0.1", "IPv4"],
  ["10.0.0.01", undefined],
  ["010.0.0.1", undefined],
  ["10.0.1", undefined],
  ["256.0.0.1", undefined],
  ["2001:db8::1", "IPv6"],
  ["::ffff:10.0.0.1", "IPv6"],
  ["fe80::1%eth0", undefined],
  ["web", undefined],
  ["", undefined],
])("%j is an address of family %s", (text, family) => {
  expect(ipFamilyOf(text)).toBe(family);
});

test.each([
  ["10.0.0.0/8", "IPv4"],
  ["0.0.0.0/0", "IPv4"],
  ["10.0.0.0/33", undefined],
  ["10.0.0.0/08", undefined],
  ["10.0.0.0", undefined],
  ["2001:db8::/64", "IPv6"],
  ["2001:db8::/129", undefined],
])("%j is a range of family %s", (text, family) => {
  expect(ipFamilyOfRange(text)).toBe(family);
});

test.each([
  ["10.0.0.1", undefined],
  ["0.0.0.1", undefined],
  ["0.0.0.0", "may not be unspecified (0.0.0.0)"],
  ["::", "may not be unspecified (::)"],
  ["127.1.2.3", "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
  ["::1", "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
  ["::ffff:127.0.0.1", "may not be in the loopback range (127.0.0.0/8, ::1/128)"],
  ["169.254.169.254", "may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
  ["fe80::1", "may not be in the link-local range (169.254.0.0/16, fe80::/10)"],
  ["224.0.0.1", "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"],
  ["ff02::1", "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"],
  ["224.0.1.1", undefined],
])("an endpoint at %j: %s", (text, problem) => {
  expect(validateNonSpecialIp(text, "ip").map(({ detail }) => detail)).toEqual(problem === undefined ? [] : [problem]);
});

test("what is no address or range is named", () => {
  expect([...validateIp("web", "ip"), ...validateIpRange("10.0.0.0", "range")]).toMatchObject([
    { field: "ip", detail: "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)" },
    { field: "range", detail: "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)" },
  ]);
});
