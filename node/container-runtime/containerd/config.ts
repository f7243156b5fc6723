import type { RuntimeHandlerChoice } from "./runtime-handlers.ts";
import type { ContainerdVersion } from "./version.ts";

export interface ContainerdConfiguration {
  readonly version: ContainerdVersion;
  /** Of images and snapshots. */
  readonly root: string;
  /** Of what runs. */
  readonly state: string;
  readonly socketPath: string;
  /** Where containerd would put programs that it installs. */
  readonly optDirectory: string;
  /** Of the OCI runtimes' own state. */
  readonly runtimeRoot: string;
  readonly sandboxImage: string;
  readonly snapshotter: Snapshotter;
  /** The default one first. */
  readonly handlers: readonly RuntimeHandlerChoice[];
  readonly cniConfigurationDirectory: string;
  readonly cniPluginDirectory: string;
  /** Holds `HOST/hosts.toml` and certificates for each registry. */
  readonly registryDirectory: string;
  /** Without CAP_SYS_RESOURCE no process may be made less likely to be killed when memory runs out. */
  readonly mayLowerOomScore: boolean;
  readonly hasAppArmor: boolean;
}

export type Snapshotter = "overlayfs" | "native";

/** Snapshotters and others that probe disks and kernel modules at every start, for nothing. */
const unusedPlugins: readonly string[] = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.nri.v1.nri",
];

/** The text of containerd's configuration file, in the version that fits: 2 for containerd 1.x, 3 for 2.x. */
export function containerdConfiguration(configuration: ContainerdConfiguration): string {
  const tables = configuration.version.major >= 2 ? versionThree(configuration) : versionTwo(configuration);
  return tables.map(renderTable).join("\n");
}

type Value = string | number | boolean | readonly string[];
/** A table of TOML: its path (none at the top), and what is in it. */
type Table = readonly [path: readonly string[], values: Readonly<Record<string, Value>>];

function common(configuration: ContainerdConfiguration, version: number): readonly Table[] {
  const { root, state, socketPath, optDirectory } = configuration;
  return [
    [[], { version, root, state, disabled_plugins: unusedPlugins }],
    [["grpc"], { address: socketPath }],
    [["debug"], { level: "warn" }],
    [["plugins", "io.containerd.internal.v1.opt"], { path: optDirectory }],
  ];
}

const streaming = { stream_server_address: "127.0.0.1", stream_server_port: "0" };

function versionTwo(configuration: ContainerdConfiguration): readonly Table[] {
  const cri = ["plugins", "io.containerd.grpc.v1.cri"];
  const { snapshotter, sandboxImage } = configuration;
  return [
    ...common(configuration, 2),
    [cri, { sandbox_image: sandboxImage, ...streaming, ...runtimeOptions(configuration) }],
    [[...cri, "cni"], { bin_dir: configuration.cniPluginDirectory, conf_dir: configuration.cniConfigurationDirectory }],
    [[...cri, "registry"], { config_path: configuration.registryDirectory }],
    ...handlerTables([...cri, "containerd"], configuration, { snapshotter }),
  ];
}

function versionThree(configuration: ContainerdConfiguration): readonly Table[] {
  const images = ["plugins", "io.containerd.cri.v1.images"];
  const runtime = ["plugins", "io.containerd.cri.v1.runtime"];
  const { version, cniPluginDirectory, cniConfigurationDirectory } = configuration;
  const hasPluginDirectories = version.major > 2 || version.minor >= 1;
  const plugins: Readonly<Record<string, Value>> = hasPluginDirectories
    ? { bin_dirs: [cniPluginDirectory] }
    : { bin_dir: cniPluginDirectory };
  return [
    ...common(configuration, 3),
    [["plugins", "io.containerd.grpc.v1.cri"], streaming],
    [images, { snapshotter: configuration.snapshotter }],
    [[...images, "pinned_images"], { sandbox: configuration.sandboxImage }],
    [[...images, "registry"], { config_path: configuration.registryDirectory }],
    [runtime, runtimeOptions(configuration)],
    [[...runtime, "cni"], { ...plugins, conf_dir: cniConfigurationDirectory }],
    ...handlerTables([...runtime, "containerd"], configuration, {}),
  ];
}

function runtimeOptions({ mayLowerOomScore, hasAppArmor }: ContainerdConfiguration): Readonly<Record<string, Value>> {
  return {
    restrict_oom_score_adj: !mayLowerOomScore,
    disable_apparmor: !hasAppArmor,
    netns_mounts_under_state_dir: true,
    enable_unprivileged_ports: true,
    enable_unprivileged_icmp: true,
  };
}

function handlerTables(
  path: readonly string[],
  { handlers, runtimeRoot }: ContainerdConfiguration,
  values: Readonly<Record<string, Value>>,
): readonly Table[] {
  const [main] = handlers;
  if (main === undefined) throw new RangeError("Cannot configure containerd: there is no OCI runtime that works here");
  return [
    [path, { ...values, default_runtime_name: main.name }],
    ...handlers.flatMap(({ name, binary }): readonly Table[] => [
      [[...path, "runtimes", name], { runtime_type: "io.containerd.runc.v2" }],
      [[...path, "runtimes", name, "options"], { BinaryName: binary, Root: `${runtimeRoot}/${name}`, SystemdCgroup: false }],
    ]),
  ];
}

function renderTable([path, values]: Table): string {
  const heading = path.length === 0 ? "" : `[${path.map(renderKey).join(".")}]\n`;
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${renderValue(value)}\n`);
  return `${heading}${lines.join("")}`;
}

function renderKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
}

// A string of JSON is one of TOML as well.
function renderValue(value: Value): string {
  return JSON.stringify(value);
}
