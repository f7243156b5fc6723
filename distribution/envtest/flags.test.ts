import { expect, test } from "vitest";
import { apiServerFlags, pluginsOnByDefault } from "./api-server-flags.ts";
import { readApiServerSettings } from "./api-server-settings.ts";
import { etcdFlags } from "./etcd-flags.ts";
import { type Flag, helpOf, parseFlags, secondsIn } from "../components/flags.ts";

const flags: readonly Flag[] = [
  { name: "secure-port", type: "int", doc: "" },
  { name: "etcd-servers", type: "strings", doc: "" },
  { name: "watch-cache", type: "switch", doc: "" },
  { name: "event-ttl", type: "duration", doc: "" },
  { name: "v", type: "int", doc: "", letter: "v" },
];
const read = (...words: readonly string[]): object => {
  const { values, rest } = parseFlags(words, flags);
  return { ...Object.fromEntries(values), ...(rest.length === 0 ? {} : { rest }) };
};

test("flags are read as Kubernetes' programs read them", () => {
  expect([
    read("--secure-port=1", "--secure-port", "2"),
    read("--etcd-servers=http://a,http://b", "--etcd_servers", "http://c=d"),
    read("--watch-cache", "false"),
    read("--watch-cache=false", "-v=4", "--event-ttl=1h30m"),
    read("-v4", "--", "--secure-port=1"),
  ]).toEqual([
    { "secure-port": ["2"] },
    { "etcd-servers": ["http://a", "http://b", "http://c=d"] },
    { "watch-cache": ["true"], rest: ["false"] },
    { "watch-cache": ["false"], v: ["4"], "event-ttl": ["1h30m"] },
    { v: ["4"], rest: ["--secure-port=1"] },
  ]);
});

test.each([
  [["--nonsense=1"], "unknown flag: --nonsense"],
  [["-x"], "unknown shorthand flag: 'x' in -x"],
  [["--secure-port"], "flag needs an argument: --secure-port"],
  [["-v"], "flag needs an argument: 'v' in -v"],
  [["-v=much"], 'invalid argument "much" for "-v, --v" flag: strconv.ParseInt: parsing "much": invalid syntax'],
  [["--watch-cache=maybe"], 'invalid argument "maybe" for "--watch-cache" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
  [["--event-ttl=soon"], 'invalid argument "soon" for "--event-ttl" flag: time: invalid duration "soon"'],
])("%j is refused", (words, message) => {
  expect(() => read(...words)).toThrow(message);
});

test("durations are seconds", () => {
  expect(["1h", "1h30m", "250ms", "0", "-2s"].map(secondsIn)).toEqual([3600, 5400, 0.25, 0, -2]);
});

test("envtest finds in the help what it looks for", () => {
  expect(/^\s*--unsafe-no-fsync\b/m.test(helpOf(etcdFlags))).toBe(true);
  expect(/^\s*--insecure-port\b/m.test(helpOf(apiServerFlags))).toBe(false);
  for (const list of [etcdFlags, apiServerFlags]) expect(new Set(list.map(({ name }) => name)).size).toBe(list.length);
});

test("the environment adds controllers, all or by name, and simulated nodes", () => {
  const { values } = parseFlags(
    ["--etcd-servers=http://a", "--service-account-issuer=https://a/", "--service-account-signing-key-file=/dev/null"],
    apiServerFlags,
  );
  const added = (environment: Readonly<Record<string, string>>): object => {
    const { controllers, scheduler, nodes } = readApiServerSettings(values, environment);
    return { controllers, scheduler, nodes };
  };
  expect([
    added({}),
    added({ KUBETS_CONTROLLERS: "all" }),
    added({ KUBETS_CONTROLLERS: "deployment,replicaset", KUBETS_NODES: "2" }),
  ]).toEqual([
    { controllers: false, scheduler: false, nodes: 0 },
    { controllers: true, scheduler: true, nodes: 0 },
    { controllers: ["deployment", "replicaset"], scheduler: true, nodes: 2 },
  ]);
  expect(() => added({ KUBETS_NODES: "many" })).toThrow('KUBETS_NODES is "many"');
  expect(pluginsOnByDefault).toContain("ServiceAccount");
});
