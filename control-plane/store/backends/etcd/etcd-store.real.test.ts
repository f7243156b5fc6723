import { describe } from "vitest";
import { describeStore } from "../../testing/conformance.ts";
import { createEtcdStore } from "./index.ts";
import { etcdBinary, startEtcd } from "./testing/etcd.ts";

const missing = etcdBinary() === undefined;

describe.skipIf(missing)(missing ? "etcd is not installed" : "a real etcd", () => {
  const etcd = startEtcd();
  let stores = 0;
  describeStore("in etcd", (settings) => createEtcdStore({ ...settings, endpoints: [etcd.endpoint], prefix: `/store-${stores++}` }), {
    ordered: false,
    histories: 40,
  });
});
