import { expect } from "vitest";
import { test } from "../real-node.ts";
import { wholeCluster } from "../whole-cluster.ts";

const cluster = wholeCluster();

const runs = async (script: string, facts: object = {}): Promise<string> => cluster.output(await cluster.namespace(), { script, ...facts });
const own = (securityContext: object): object => ({ container: { securityContext } });

test("NO-036 a container whose root is read-only can't write to it", async () => {
  expect(await runs("(echo x > /file) 2> /dev/null && echo written || echo refused", own({ readOnlyRootFilesystem: true }))).toBe(
    "refused\n",
  );
});

test("NO-089 a container whose root isn't read-only can write to it", async () => {
  expect(await runs("echo x > /file && cat /file", own({ readOnlyRootFilesystem: false }))).toBe("x\n");
});

test("NO-087 a container runs as the user that it is told", async () => {
  expect(await runs("id -u", own({ runAsUser: 65_534 }))).toBe("65534\n");
});

test("NO-090 a container has a user and a group of its own", async () => {
  expect(await runs("id -u; id -g", { securityContext: { runAsUser: 1 }, ...own({ runAsUser: 1001, runAsGroup: 2002 }) })).toBe(
    "1001\n2002\n",
  );
});

test("NO-091 a Pod's user and group are those of its containers", async () => {
  expect(await runs("id -u; id -g", { securityContext: { runAsUser: 1001, runAsGroup: 2002 } })).toBe("1001\n2002\n");
});

test("NO-088 a container without privileges can't make network devices", async () => {
  const script = "ip link add dummy0 type bridge 2> /dev/null && echo made || echo refused";
  expect(await runs(script, own({ privileged: false }))).toBe("refused\n");
  expect(await runs(script, own({ privileged: true }))).toBe("made\n");
});

test("NO-092 a program that would run as root runs as its caller where privileges may not grow", async () => {
  // Only root may send what it sends.
  const script = "/sbin/ping -c 1 -W 1 127.0.0.1 > /dev/null 2>&1 && echo root || id -u";
  const image = cluster.images.setuid;
  const as = (allowPrivilegeEscalation: boolean): object => ({
    container: { image, securityContext: { runAsUser: 1000, allowPrivilegeEscalation } },
  });
  expect([await runs(script, as(true)), await runs(script, as(false))]).toEqual(["root\n", "1000\n"]);
});

test("NO-094 a sysctl of the Pod's own namespaces has the value that it is told", async () => {
  const securityContext = { sysctls: [{ name: "kernel.shm_rmid_forced", value: "1" }] };
  expect(await runs("cat /proc/sys/kernel/shm_rmid_forced", { securityContext })).toBe("1\n");
});

test("NO-037 aliases of hosts stand in the container's hosts file", async () => {
  const hostAliases = [{ ip: "123.45.67.89", hostnames: ["foo", "bar"] }];
  expect(await runs("cat /etc/hosts", { hostAliases })).toMatch(/^123\.45\.67\.89\tfoo\tbar$/m);
});

test("NO-038 the hosts file is the kubelet's, except on the host's network and where a container brings its own", async () => {
  const mark = "# Kubernetes-managed hosts file.";
  const script = "cat /etc/hosts";
  const ownFile = { volumes: [{ name: "file", hostPath: { path: "/etc/hosts", type: "File" } }] };
  const [managed, brought, host] = [
    await runs(script),
    await runs(script, { ...ownFile, container: { volumeMounts: [{ name: "file", mountPath: "/etc/hosts" }] } }),
    await runs(script, { hostNetwork: true }),
  ];
  expect(managed.startsWith(mark)).toBe(true);
  expect(brought).not.toContain(mark);
  expect(host.split("\n").slice(1).join("\n")).toContain(brought.trim());
});
