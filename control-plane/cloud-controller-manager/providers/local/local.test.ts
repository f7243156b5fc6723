import { type Service, ServiceKind } from "@kubets/api";
import { expect, test } from "vitest";
import { anObject } from "../../testing/objects.ts";
import { chooseAddress, localProvider } from "./index.ts";

const range = "10.244.255.0/29";
const service = (name: string, { ip, asked }: { readonly ip?: string; readonly asked?: string } = {}): Service =>
  anObject(ServiceKind, name, {
    spec: { type: "LoadBalancer", ports: [{ port: 80 }], ...(asked === undefined ? {} : { loadBalancerIP: asked }) },
    status: { loadBalancer: ip === undefined ? {} : { ingress: [{ ip }] } },
  });
const taken = (...last: readonly number[]): ReadonlySet<string> => new Set(last.map((number) => `10.244.255.${number}`));

test.each<readonly [string, Service, ReadonlySet<string>, string]>([
  ["the first that is free", service("a"), taken(1, 2, 4), "10.244.255.3"],
  ["what it has", service("a", { ip: "10.244.255.5" }), taken(1), "10.244.255.5"],
  ["another than what it has, when that is somebody else's", service("a", { ip: "10.244.255.5" }), taken(5), "10.244.255.1"],
  ["another than what it has, when the range changed", service("a", { ip: "192.0.2.1" }), taken(), "10.244.255.1"],
  ["what it asks for", service("a", { asked: "10.244.255.6" }), taken(), "10.244.255.6"],
])("a load balancer gets %s", (_what, observed, others, ip) => {
  expect(chooseAddress(observed, range, others)).toBe(ip);
});

test.each<readonly [string, Service, ReadonlySet<string>, string]>([
  ["asks for an address of elsewhere", service("a", { asked: "192.0.2.1" }), taken(), "is not within"],
  ["asks for an address that is taken", service("a", { asked: "10.244.255.6" }), taken(6), "belongs to another Service"],
  ["finds no address left", service("a"), taken(1, 2, 3, 4, 5, 6), "are taken"],
])("one that %s is refused", (_what, observed, others, problem) => {
  expect(() => chooseAddress(observed, range, others)).toThrow(problem);
});

test("what was given out stays taken before a Service shows it, until its Service is gone", async () => {
  const all = [service("a"), service("b"), service("c")];
  let present = all;
  const { loadBalancers } = localProvider({ range, services: { list: () => present } });
  const { signal } = new AbortController();
  const ips: (string | undefined)[] = [];
  for (const each of all) ips.push((await loadBalancers!.ensure(each, [], signal)).ingress?.[0]?.ip);
  expect(ips).toEqual(["10.244.255.1", "10.244.255.2", "10.244.255.3"]);
  expect((await loadBalancers!.ensure(all[1]!, [], signal)).ingress).toEqual([{ ip: "10.244.255.2", ipMode: "VIP" }]);
  present = all.slice(1);
  const later = service("d");
  expect((await loadBalancers!.ensure(later, [], signal)).ingress?.[0]?.ip).toBe("10.244.255.1");
});
