import { ConfigMapKind, SecretKind } from "@kubets/api";
import { expect } from "vitest";
import { conformanceNode, test } from "../real-node.ts";

const node = conformanceNode();

interface Facts {
  readonly user: number;
  readonly mode: string;
  readonly medium: "" | "Memory";
}

/** Makes a file of a mode in an empty volume, and reads both back. */
async function writes({ user, mode, medium }: Facts): Promise<void> {
  const script = `umask 0; echo content > /v/file; chmod ${mode} /v/file; stat -c %a:%u /v/file; cat /v/file; awk '$2 == "/v" { print $3 }' /proc/mounts`;
  const securityContext = { runAsUser: user };
  const text = await node.output(await node.namespace(), { script, volume: { emptyDir: { medium } }, securityContext });
  const [file, content, kind] = text.split("\n");
  expect([file, content, kind === "tmpfs"]).toEqual([`${mode.slice(1)}:${user}`, "content", medium === "Memory"]);
}

async function modeOf(medium: "" | "Memory"): Promise<string> {
  const script = `stat -c %a /v; awk '$2 == "/v" { print $3 }' /proc/mounts`;
  return node.output(await node.namespace(), { script, volume: { emptyDir: { medium } } });
}

test("ST-027 two containers share an empty volume", async () => {
  const volumeMounts = [{ name: "v", mountPath: "/v" }];
  const containers = [
    { name: "writer", command: ["sh", "-c", "echo hello > /v/new; mv /v/new /v/file"], volumeMounts },
    { name: "reader", command: ["sh", "-c", "until cat /v/file 2> /dev/null; do sleep 0.05; done"], volumeMounts },
  ];
  expect(await node.output(await node.namespace(), { containers, volumes: [{ name: "v", emptyDir: {} }] })).toBe("hello\n");
});

test("ST-028 not as root, on disk, a file made 0644 has that mode", () => writes({ user: 1001, mode: "0644", medium: "" }));
test("ST-029 not as root, in memory, a file made 0644 has that mode", () => writes({ user: 1001, mode: "0644", medium: "Memory" }));
test("ST-030 not as root, on disk, a file made 0666 has that mode", () => writes({ user: 1001, mode: "0666", medium: "" }));
test("ST-031 not as root, in memory, a file made 0666 has that mode", () => writes({ user: 1001, mode: "0666", medium: "Memory" }));
test("ST-032 not as root, on disk, a file made 0777 has that mode", () => writes({ user: 1001, mode: "0777", medium: "" }));
test("ST-033 not as root, in memory, a file made 0777 has that mode", () => writes({ user: 1001, mode: "0777", medium: "Memory" }));
test("ST-034 as root, on disk, a file made 0644 has that mode", () => writes({ user: 0, mode: "0644", medium: "" }));
test("ST-035 as root, in memory, a file made 0644 has that mode", () => writes({ user: 0, mode: "0644", medium: "Memory" }));
test("ST-036 as root, on disk, a file made 0666 has that mode", () => writes({ user: 0, mode: "0666", medium: "" }));
test("ST-037 as root, in memory, a file made 0666 has that mode", () => writes({ user: 0, mode: "0666", medium: "Memory" }));
test("ST-038 as root, on disk, a file made 0777 has that mode", () => writes({ user: 0, mode: "0777", medium: "" }));
test("ST-039 as root, in memory, a file made 0777 has that mode", () => writes({ user: 0, mode: "0777", medium: "Memory" }));

test("ST-040 an empty volume on disk is open to everybody", async () => {
  expect(await modeOf("")).toMatch(/^777\n/);
});

test("ST-041 an empty volume in memory is open to everybody, and really in memory", async () => {
  expect(await modeOf("Memory")).toBe("777\ntmpfs\n");
});

test("ST-042 Pods with fifty ConfigMap volumes each start together, again and again", async () => {
  const namespace = await node.namespace();
  const maps = node.client.resource(ConfigMapKind).in(namespace);
  const names = Array.from({ length: 50 }, (_, index) => `racey-${index}`);
  await Promise.all(names.map((name) => maps.create({ metadata: { name }, data: { key: `${name}\n` } })));
  const volumes = names.map((name) => ({ name, configMap: { name } }));
  const volumeMounts = names.map((name) => ({ name, mountPath: `/etc/${name}` }));
  const facts = { volumes, container: { command: ["sh", "-c", "cat /etc/racey-*/key | wc -l"], volumeMounts } };
  for (let round = 0; round < 2; round++) {
    const wrote = await Promise.all([1, 2, 3].map(() => node.output(namespace, facts)));
    expect(wrote.map((text) => text.trim())).toEqual(["50", "50", "50"]);
  }
});

test("ST-043 Secret and ConfigMap volumes are mounted side by side", async () => {
  const namespace = await node.namespace();
  await node.client
    .resource(SecretKind)
    .in(namespace)
    .create({ metadata: { name: "both" }, data: { key: "c2VjcmV0" } });
  await node.client
    .resource(ConfigMapKind)
    .in(namespace)
    .create({ metadata: { name: "both" }, data: { key: "map" } });
  const text = await node.output(namespace, {
    volumes: [
      { name: "secret", secret: { secretName: "both" } },
      { name: "map", configMap: { name: "both" } },
    ],
    container: {
      command: ["sh", "-c", "cat /secret/key; echo; cat /map/key; echo"],
      volumeMounts: [
        { name: "secret", mountPath: "/secret" },
        { name: "map", mountPath: "/map" },
      ],
    },
  });
  expect(text).toBe("secret\nmap\n");
});
