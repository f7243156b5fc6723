export { createEtcdStore } from "./etcd-store.ts";
export type { EtcdStoreOptions } from "./etcd-store.ts";
export type { EtcdTls } from "./connection.ts";
