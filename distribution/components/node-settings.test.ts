import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dnsFlags } from "./dns/program.ts";
import { flagReader } from "./flag-reader.ts";
import { parseFlags } from "./flags.ts";
import { kubeletFlags } from "./kubelet/flags.ts";
import { type KubeletSettings, readKubeletSettings } from "./kubelet/settings.ts";
import { proxyFlags } from "./proxy/program.ts";
import { type ProxySettings, readProxySettings } from "./proxy/settings.ts";

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "kubets-settings-"))));
afterAll(() => rmSync(folder, { recursive: true }));

function configured(text: string): string {
  const file = join(folder, "configuration.yaml");
  writeFileSync(file, text);
  return `--config=${file}`;
}
const kubelet = (...words: readonly string[]): KubeletSettings =>
  readKubeletSettings(flagReader(parseFlags(["--kubeconfig=/etc/kubelet.conf", "--node-ip=192.0.2.1", ...words], kubeletFlags).values));
const proxy = (...words: readonly string[]): ProxySettings => readProxySettings(flagReader(parseFlags(words, proxyFlags).values));
const kubeletConfiguration = (text: string): string =>
  configured(`apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n${text}`);
const proxyConfiguration = (text: string): string =>
  configured(`apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n${text}`);

test("no flag stands twice in a program's list", () => {
  for (const flags of [kubeletFlags, proxyFlags, dnsFlags]) {
    const names = flags.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  }
});

test("a kubelet without flags is as upstream's", () => {
  const { node, ...settings } = kubelet();
  expect(node).toMatchObject({ address: "192.0.2.1", labels: {}, taints: [] });
  expect(settings).toEqual({
    connection: { kubeconfig: "/etc/kubelet.conf" },
    runtimeSocket: "/run/containerd/containerd.sock",
    root: "/var/lib/kubelet",
    logs: "/var/log/pods",
    cgroupRoot: "/kubepods",
    pods: {},
    serving: { host: "0.0.0.0", port: 10_250, directory: "/var/lib/kubelet/pki" },
    health: { address: "127.0.0.1", port: 10_248 },
  });
});

test("a kubelet's flags count more than its configuration", () => {
  const file = kubeletConfiguration(`
maxPods: 20
clusterDNS: [10.96.0.10]
staticPodPath: /etc/kubernetes/manifests
healthzPort: 0
cgroupRoot: /kube
evictionHard: { memory.available: 1Gi }
registerWithTaints: [{ key: a, value: b, effect: NoSchedule }]
containerRuntimeEndpoint: unix:///run/crio/crio.sock
featureGates: { Anything: true }
`);
  const { node, pods, health, cgroupRoot, runtimeSocket } = kubelet(
    file,
    "--max-pods=30",
    "--hostname-override=Node-1",
    "--node-labels=disk=fast,zone=a",
  );
  expect({ node, pods, health, cgroupRoot, runtimeSocket }).toEqual({
    node: {
      name: "node-1",
      address: "192.0.2.1",
      labels: { disk: "fast", zone: "a" },
      taints: [{ key: "a", value: "b", effect: "NoSchedule" }],
    },
    pods: {
      mostPods: 30,
      clusterDns: ["10.96.0.10"],
      staticPodPath: "/etc/kubernetes/manifests",
      eviction: { evictionHard: { "memory.available": "1Gi" } },
    },
    health: undefined,
    cgroupRoot: "/kube/kubepods",
    runtimeSocket: "/run/crio/crio.sock",
  });
});

test.each([
  ["maxpods: 3", 'strict decoding error: unknown field "maxpods"'],
  ["readOnlyPort: 10255", "readOnlyPort: 10255 is not possible"],
  ["cgroupDriver: systemd", 'cgroupDriver: "systemd" is not possible: control groups are made in the file system'],
  ["authentication: { anonymous: { enabled: true } }", "authentication.anonymous.enabled: true is not possible"],
  ["authentication: { x509: { clientCA: a } }", 'unknown field "authentication.x509.clientCA"'],
  ["tlsCertFile: /etc/a.crt", "tlsCertFile and tlsPrivateKeyFile must be given together"],
])("a kubelet's configuration with %s is refused", (text, message) => {
  expect(() => kubelet(kubeletConfiguration(text))).toThrow(message);
});

test.each([
  ["--read-only-port=10255", "there is no port without"],
  ["--container-runtime-endpoint=tcp://127.0.0.1:1", "is no unix socket"],
  ["--register-with-taints=a=b:Never", "invalid taint spec: a=b:Never"],
  ["--node-labels=fast", "is no NAME=VALUE"],
  ["--bootstrap-kubeconfig=/etc/bootstrap.conf", "there is no TLS bootstrap yet"],
])("a kubelet's %s is refused", (word, message) => {
  expect(() => kubelet(word)).toThrow(message);
});

test("a proxy is told of its node by flags or configuration, and listens as upstream's", () => {
  expect(proxy("--hostname-override=n1")).toEqual({
    connection: {},
    node: "n1",
    isCleanup: false,
    health: { address: "0.0.0.0", port: 10_256 },
    metrics: { address: "127.0.0.1", port: 10_249 },
  });
  const file = proxyConfiguration(`
mode: nftables
hostnameOverride: n2
clusterCIDR: 10.244.0.0/16
healthzBindAddress: ""
metricsBindAddress: 0.0.0.0:10249
clientConnection: { kubeconfig: /etc/proxy.conf }
nftables: { minSyncPeriod: 1s }
conntrack: { maxPerCore: 0 }
`);
  expect(proxy(file, "--metrics-bind-address=[::1]:9")).toEqual({
    connection: { kubeconfig: "/etc/proxy.conf" },
    node: "n2",
    podRange: "10.244.0.0/16",
    isCleanup: false,
    minimumSyncPeriod: 1_000,
    metrics: { address: "::1", port: 9 },
  });
});

test.each([
  [["--proxy-mode=ipvs"], "there is no mode but nftables yet"],
  [["--healthz-bind-address=everywhere"], "must be an address with a port"],
  [["--masquerade-all"], "what comes from Pods keeps its address"],
])("a proxy's %j is refused", (words, message) => {
  expect(() => proxy(...words)).toThrow(message);
});

test("a proxy's configuration of another mode is refused", () => {
  expect(() => proxy(proxyConfiguration("mode: iptables"))).toThrow('mode: "iptables" is not possible');
});
