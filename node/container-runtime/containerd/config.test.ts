import { describe, expect, test } from "vitest";
import type { ContainerdConfiguration } from "./config.ts";
import { containerdConfiguration } from "./config.ts";
import { runtimeHandlers } from "./runtime-handlers.ts";
import { isSupported, parseContainerdVersion } from "./version.ts";

function aConfiguration(version: string, settings: Partial<ContainerdConfiguration> = {}): ContainerdConfiguration {
  return {
    version: parseContainerdVersion(`containerd github.com/containerd/containerd ${version} `)!,
    root: "/data/root",
    state: "/data/state",
    socketPath: "/data/containerd.sock",
    optDirectory: "/data/opt",
    runtimeRoot: "/data/runtimes",
    sandboxImage: "localhost/kubets/pause:1",
    snapshotter: "overlayfs",
    handlers: runtimeHandlers({ runc: "/usr/sbin/runc", crun: "/usr/bin/crun" }, "unified"),
    cniConfigurationDirectory: "/data/cni",
    cniPluginDirectory: "/usr/lib/cni",
    registryDirectory: "/data/registries",
    mayLowerOomScore: true,
    hasAppArmor: false,
    ...settings,
  };
}

/** The lines below the heading of a table. */
function tableOf(text: string, heading: string): readonly string[] {
  const table = text.split("\n\n").find((part) => part.startsWith(heading)) ?? "";
  return table.trim().split("\n").slice(1);
}

describe("containerd's configuration", () => {
  test("is of version 2 for containerd 1.x", () => {
    const text = containerdConfiguration(aConfiguration("1.6.20~ds1"));
    expect(text.split("\n")[0]).toBe("version = 2");
    expect(tableOf(text, '[plugins."io.containerd.grpc.v1.cri"]')).toContain('sandbox_image = "localhost/kubets/pause:1"');
    expect(tableOf(text, '[plugins."io.containerd.grpc.v1.cri".containerd]')).toEqual([
      'snapshotter = "overlayfs"',
      'default_runtime_name = "crun"',
    ]);
    expect(tableOf(text, '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]')).toEqual([
      'BinaryName = "/usr/sbin/runc"',
      'Root = "/data/runtimes/runc"',
      "SystemdCgroup = false",
    ]);
  });

  test("is of version 3 for containerd 2.x, whose names are others", () => {
    const text = containerdConfiguration(aConfiguration("v2.0.11"));
    expect(text.split("\n")[0]).toBe("version = 3");
    expect(tableOf(text, '[plugins."io.containerd.cri.v1.images".pinned_images]')).toEqual(['sandbox = "localhost/kubets/pause:1"']);
    expect(tableOf(text, '[plugins."io.containerd.cri.v1.runtime".cni]')).toEqual(['bin_dir = "/usr/lib/cni"', 'conf_dir = "/data/cni"']);
    expect(tableOf(text, '[plugins."io.containerd.cri.v1.runtime".containerd]')).toEqual(['default_runtime_name = "crun"']);
  });

  test("names several plugin directories from containerd 2.1 on", () => {
    const text = containerdConfiguration(aConfiguration("v2.1.4"));
    expect(tableOf(text, '[plugins."io.containerd.cri.v1.runtime".cni]')).toContain('bin_dirs = ["/usr/lib/cni"]');
  });

  test("leaves oom scores alone where the machine does not allow to lower them", () => {
    const restricted = containerdConfiguration(aConfiguration("1.7.34", { mayLowerOomScore: false }));
    expect(restricted).toContain("restrict_oom_score_adj = true");
    expect(containerdConfiguration(aConfiguration("1.7.34"))).toContain("restrict_oom_score_adj = false");
  });

  test("cannot be made without an OCI runtime", () => {
    expect(() => containerdConfiguration(aConfiguration("1.6.20", { handlers: [] }))).toThrow("there is no OCI runtime");
  });
});

describe("the runtime handlers", () => {
  const both = { runc: "/usr/sbin/runc", crun: "/usr/bin/crun" };
  test.each([
    { name: "crun first, on control groups of version 2", runtimes: both, cgroups: "unified", handlers: ["crun", "runc"] },
    { name: "crun first, on control groups of version 1", runtimes: both, cgroups: "legacy", handlers: ["crun", "runc"] },
    { name: "runc alone where both versions are mounted", runtimes: both, cgroups: "hybrid", handlers: ["runc"] },
    { name: "crun alone where there is no other", runtimes: { crun: "/usr/bin/crun" }, cgroups: "unified", handlers: ["crun"] },
    {
      name: "none where crun would be the only one and does not work",
      runtimes: { crun: "/usr/bin/crun" },
      cgroups: "hybrid",
      handlers: [],
    },
  ] as const)("are $name", ({ runtimes, cgroups, handlers }) => {
    expect(runtimeHandlers(runtimes, cgroups).map(({ name }) => name)).toEqual(handlers);
  });
});

describe("containerd's version", () => {
  test.each([
    ["containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3", { major: 1, minor: 6, text: "1.6.20~ds1" }],
    [
      "containerd github.com/containerd/containerd/v2 v2.1.4 75cb2b7193e4e490e9fbdc236c0e811ccaba3376",
      { major: 2, minor: 1, text: "2.1.4" },
    ],
    ["containerd containerd.io 1.7.27 05044ec0a9a75232cad458027ca83437aae3f4da\n", { major: 1, minor: 7, text: "1.7.27" }],
    ["bash: containerd: command not found", undefined],
  ])("is read from %j", (answer, version) => {
    expect(parseContainerdVersion(answer)).toEqual(version);
  });

  test("must be 1.6 or newer", () => {
    const supported = [
      [1, 5],
      [1, 6],
      [1, 7],
      [2, 0],
    ].filter(([major, minor]) => isSupported({ major: major!, minor: minor!, text: "" }));
    expect(supported).toEqual([
      [1, 6],
      [1, 7],
      [2, 0],
    ]);
  });
});
