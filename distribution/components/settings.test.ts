import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cloudControllerManagerFlags } from "./cloud-controller-manager/program.ts";
import { controllerManagerFlags } from "./controller-manager/flags.ts";
import { type ControllerManagerSettings, readControllerManagerSettings } from "./controller-manager/settings.ts";
import { flagReader } from "./flag-reader.ts";
import { type Flag, helpOf, parseFlags } from "./flags.ts";
import { readSchedulerConfiguration } from "./scheduler/configuration.ts";
import { schedulerFlags } from "./scheduler/flags.ts";

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "kubets-settings-"))));
afterAll(() => rmSync(folder, { recursive: true }));

const manager = (...words: readonly string[]): ControllerManagerSettings =>
  readControllerManagerSettings(flagReader(parseFlags(words, controllerManagerFlags).values));
const parse = (flags: readonly Flag[], word: string): unknown => parseFlags([word], flags);

test("flags that say what is so anyway are taken, and others refused with the reason", () => {
  expect([
    parse(controllerManagerFlags, "--enable-garbage-collector=T"),
    parse(controllerManagerFlags, "--horizontal-pod-autoscaler-downscale-stabilization=300s"),
    parse(controllerManagerFlags, "--max-endpoints-per-slice=0100"),
  ]).toHaveLength(3);
  expect(() => parse(controllerManagerFlags, "--enable-garbage-collector=false")).toThrow(
    "--enable-garbage-collector=false is not possible: switch it off with --controllers=*,-generic-garbage-collector",
  );
  expect(() => parse(schedulerFlags, "--leader-elect-resource-lock=endpoints")).toThrow("leaders are elected by Leases alone");
  expect(() => parse(cloudControllerManagerFlags, "--cloud-config=/etc/cloud")).toThrow("is not possible");
  expect(() => parse(controllerManagerFlags, "--node-eviction-rate=fast")).toThrow('strconv.ParseFloat: parsing "fast": invalid syntax');
  const help = helpOf(controllerManagerFlags);
  expect(help).toContain("(only leases: leaders are elected by Leases alone)");
  for (const flags of [controllerManagerFlags, schedulerFlags, cloudControllerManagerFlags]) {
    const names = flags.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  }
});

test("a controller manager without flags is as upstream's", () => {
  expect(manager()).toMatchObject({
    controllers: ["*"],
    asThemselves: false,
    serving: { host: "0.0.0.0", port: 10_257, open: ["/healthz", "/readyz", "/livez"] },
    leaderElection: {
      lease: { namespace: "kube-system", name: "kube-controller-manager" },
      leaseDuration: 15_000,
      renewDeadline: 10_000,
      retryPeriod: 2_000,
    },
  });
  expect([manager().of.nodeIpam, manager().workers.get("namespace"), manager("--secure-port=0").serving]).toEqual([
    undefined,
    10,
    undefined,
  ]);
});

test("a controller manager is told of ranges, periods and workers", () => {
  const { of, workers, leaderElection } = manager(
    "--allocate-node-cidrs",
    "--cluster-cidr=10.1.0.0/16",
    "--node-cidr-mask-size=25",
    "--node-monitor-grace-period=16s",
    "--concurrent-deployment-syncs=9",
    "--terminated-pod-gc-threshold=3",
    "--cluster-signing-duration=48h",
    "--horizontal-pod-autoscaler-tolerance=0.2",
    "--leader-elect=false",
  );
  expect(of).toMatchObject({
    nodeIpam: { clusterRanges: ["10.1.0.0/16"], nodeLengths: { IPv4: 25 } },
    nodeLifecycle: { gracePeriods: { silence: 16_000 }, evictionRates: {} },
    podGarbage: { endedPodsKept: 3 },
    autoscaling: { tolerance: 0.2, delays: { cpuInitialization: 300_000, initialReadiness: 30_000 } },
    longestCertificateLife: 172_800_000,
  });
  expect([workers.get("deployment"), leaderElection]).toEqual([9, undefined]);
});

test.each([
  [["--allocate-node-cidrs"], "--cluster-cidr"],
  [["--concurrent-job-syncs=0"], "--concurrent-job-syncs must be greater than 0, but got 0"],
  [["--leader-elect-lease-duration=5s"], "--leader-elect-lease-duration must be greater than --leader-elect-renew-deadline"],
  [["--tls-cert-file=/dev/null"], "--tls-cert-file and --tls-private-key-file must be given together"],
  [["--secure-port=70000"], "--secure-port 70000 must be between 0 and 65535"],
])("%j is refused", (words, message) => {
  expect(() => manager(...words)).toThrow(message);
});

const configured = (text: string): ReturnType<typeof readSchedulerConfiguration> => {
  const file = join(folder, "scheduler.yaml");
  writeFileSync(file, `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n${text}`);
  return readSchedulerConfiguration(file);
};

test("a scheduler's configuration says who it is, how leaders are elected, and its profiles", () => {
  const {
    kubeconfig,
    leaderElection,
    backoff,
    profiles = [],
  } = configured(
    `
clientConnection: { kubeconfig: /etc/scheduler.conf, qps: 100 }
leaderElection: { leaderElect: true, leaseDuration: 30s, resourceName: mine }
podMaxBackoffSeconds: 5
profiles:
- plugins:
    multiPoint: { disabled: [{ name: ImageLocality }] }
    score: { enabled: [{ name: NodeAffinity, weight: 7 }] }
- schedulerName: second
`.replace("- plugins", "- schedulerName: first\n  plugins"),
  );
  expect({ kubeconfig, leaderElection, backoff }).toEqual({
    kubeconfig: "/etc/scheduler.conf",
    leaderElection: { name: "mine", elects: true, leaseDuration: 30_000 },
    backoff: { maximum: 5_000 },
  });
  const [first, second] = profiles.map((profile) => new Map(profile.plugins.map(({ plugin, weight }) => [plugin.name, weight])));
  expect([first!.has("ImageLocality"), first!.get("NodeAffinity"), second!.has("ImageLocality"), second!.get("NodeAffinity")]).toEqual([
    false,
    7,
    true,
    2,
  ]);
});

test.each([
  ["profile: []", 'strict decoding error: unknown field "profile"'],
  ["profiles: [{ schedulername: x }]", 'unknown field "profiles[0].schedulername"'],
  [
    "leaderElection: { resourceLock: endpoints }",
    'leaderElection.resourceLock: "endpoints" is not possible: leaders are elected by Leases alone',
  ],
  ["percentageOfNodesToScore: 30", "percentageOfNodesToScore: 30 is not possible: all nodes that fit are scored"],
  ["extenders: [{ urlPrefix: http://x }]", "there are no extenders"],
  ["leaderElection: { leaseDuration: soon }", 'leaderElection.leaseDuration: "soon" is no duration'],
  ["profiles: [{ plugins: { score: { enabled: [{ name: NodeName }] } } }]", 'plugin "NodeName" does not extend score plugin'],
  ["profiles: [{ plugins: { multiPoint: { enabled: [{ name: Mine }] } } }]", 'plugin "Mine" does not exist'],
  ["profiles: [{ schedulerName: a }, { schedulerName: a }]", 'duplicate profile with scheduler name "a"'],
  [
    "profiles: [{ pluginConfig: [{ name: InterPodAffinity, args: { hardPodAffinityWeight: 5 } }] }]",
    "hardPodAffinityWeight: 5 is not possible",
  ],
])("a scheduler's configuration with %s is refused", (text, message) => {
  expect(() => configured(text)).toThrow(message);
});
