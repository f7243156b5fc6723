import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NodeKind, PodKind } from "@kubets/api";
import { type Cluster, startCluster } from "@kubets/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { newestKubectl, type Outcome, runOurs, runTheirs } from "./run-both.ts";

// What `kubectl debug` of a real kubectl makes of Pods and nodes, and ours. Their terminals are tried on real nodes (testing/walk).

const kubectl = newestKubectl();
const pod = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web }, annotations: { a: b } }
spec:
  initContainers: [{ name: first, image: "init:1" }]
  containers:
    - name: main
      image: web:1
      command: [serve]
      args: [fast]
      env: [{ name: A, value: "1" }]
      securityContext: { capabilities: { add: [NET_BIND_SERVICE] }, runAsUser: 1000 }
      startupProbe: { tcpSocket: { port: 80 } }
      livenessProbe: { tcpSocket: { port: 80 } }
      readinessProbe: { tcpSocket: { port: 80 } }
    - { name: side, image: "side:1" }
`;
let cluster: Cluster;
let folder: string;
let kubeconfig: string;
let node: string;

beforeAll(async () => {
  if (kubectl === undefined) return;
  cluster = await startCluster({ nodes: 1 });
  folder = await mkdtemp(join(tmpdir(), "kubectl-debug-"));
  kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, await cluster.kubeconfig);
  node = (await cluster.client.resource(NodeKind).list()).items[0]!.metadata.name;
});
afterAll(async () => {
  if (kubectl === undefined) return;
  await cluster[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  if (kubectl !== undefined) await cluster.client.resource(PodKind).in("default").deleteCollection({ gracePeriodSeconds: 0 });
});

/** What is said, and every Pod that is there then, without what chance and time say of it. */
async function debugged(run: (args: readonly string[]) => Promise<Outcome>, words: string): Promise<object> {
  const pods = cluster.client.resource(PodKind).in("default");
  await pods.deleteCollection({ gracePeriodSeconds: 0 });
  await cluster.settle();
  await cluster.apply(pod);
  await cluster.settle();
  const outcome = await run(words.split(" ").map((word) => (word === "NODE" ? `node/${node}` : word)));
  await cluster.settle();
  const { items } = await pods.list();
  const plain = (text: string): string =>
    text.replaceAll(/(debugger-(?:simulated-\d+-)?)[a-z0-9]{5}\b/g, "$1RANDOM").replaceAll(/kube-api-access-\w{5}/g, "token");
  return {
    ...outcome,
    output: plain(outcome.output),
    pods: items.map(({ metadata: { name, labels = {}, annotations }, spec }) => {
      // Whose Pod it is only newer kubectls say.
      const { "app.kubernetes.io/managed-by": _, ...others } = labels;
      return JSON.parse(plain(JSON.stringify({ name, labels: others, annotations, spec }))) as object;
    }),
  };
}

describe.skipIf(kubectl === undefined)("our kubectl debugs as a real kubectl does", () => {
  const profiles = ["legacy", "general", "baseline", "restricted", "netadmin", "sysadmin"];
  test.each([
    ...profiles.flatMap((profile) => [
      `debug web --image=tools:1 --profile=${profile} -c joined`,
      `debug web --image=tools:1 --profile=${profile} --copy-to=copy -c added`,
      `debug web --profile=${profile} --copy-to=copy -c main -- sh`,
      `debug NODE --image=tools:1 --profile=${profile}`,
    ]),
    "debug web --image=tools:1 --profile=general",
    "debug pod/web --image=tools:1 --profile=general --target=main -q -- sleep 5",
    "debug web --image=tools:1 --profile=general --target=main --env=A=1 --image-pull-policy=Never --arguments-only -- fast",
    "debug web --profile=general --copy-to=copy --set-image=main=web:2,*=other:1",
    "debug web --profile=general --copy-to=copy --set-image=main=web:2 --image=tools:1 --same-node --share-processes=false",
    "debug web --profile=general --copy-to=copy --image=tools:1 --keep-labels --keep-annotations --keep-liveness --keep-startup --keep-init-containers=false",
    "debug web --profile=general --copy-to=copy --image=tools:1 -c main --env=B=2 --arguments-only -- slow",
    "debug web --profile=general --copy-to=copy --image=tools:1 --replace",
    "debug NODE --image=tools:1 --profile=general -c joined -- chroot /host",
    "debug nope --image=tools:1 --profile=general",
    "debug web --profile=general",
    "debug web --image=tools:1 --profile=nope",
    "debug web --image=tools:1 --profile=general -t",
    "debug web --image=tools:1 --profile=general --replace",
    "debug web --image=tools:1 --profile=general --same-node",
    "debug web --image=tools:1 --profile=general --set-image=a=b",
    "debug web --image=tools:1 --profile=general --copy-to=copy --target=main",
    "debug web --image=tools:1 --profile=general --image-pull-policy=Sometimes",
    "debug web --profile=general --copy-to=copy",
    "debug web --profile=general --copy-to=copy -- sh",
    "debug web --profile=general --copy-to=copy -c nope -- sh",
    "debug --image=tools:1 --profile=general",
  ])("kubectl %s", async (words) => {
    const theirs = await debugged((args) => runTheirs(kubectl!, args, kubeconfig), words);
    expect(await debugged((args) => runOurs(args, kubeconfig), words)).toEqual(theirs);
  });
});
