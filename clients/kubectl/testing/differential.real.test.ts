import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { NodeKind } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { createSystemClock } from "@kubets/machinery/node";
import { type Cluster, startCluster } from "@kubets/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newestKubectl, runOurs, runTheirs } from "./run-both.ts";

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: main
          image: nginx
          ports: [{ containerPort: 80 }]
          env: [{ name: A, value: "1" }]
          resources: { requests: { cpu: 100m, memory: 32Mi } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { text: "<a & b>" }
`;

/** A kind with all that explain tells apart: texts of several lines, choices, lists, maps, and fields of which nothing is said. */
const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: crontabs.stable.example.com }
spec:
  group: stable.example.com
  scope: Namespaced
  names: { plural: crontabs, singular: crontab, kind: CronTab }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              description: "What runs, and when: in a text that is too long for one line of eighty columns.\\nA second line.\\n\\n  - a third one, after an empty one, that stands further to the right and is too long as well"
              required: [schedule]
              properties:
                schedule: { type: string, description: When it runs., enum: [always, daily, hourly, never, seldom] }
                port: { x-kubernetes-int-or-string: true }
                replicas: { type: integer, enum: [1, 2] }
                parts: { type: array, items: { type: object, description: A part., properties: { name: { type: string } } } }
                byName: { type: object, additionalProperties: { type: object, properties: { a: { type: string } } } }
`;

const kubectl = newestKubectl();
let cluster: Cluster;
let folder: string;
let kubeconfig: string;
let file: string;

beforeAll(async () => {
  if (kubectl === undefined) return;
  // A month old, so that whoever asks a second later is told the same ages.
  cluster = await startCluster({ nodes: 1, startTime: (createSystemClock().now() - 30 * 86_400_000) as Instant });
  folder = await mkdtemp(join(tmpdir(), "kubectl-differential-"));
  kubeconfig = join(folder, "kubeconfig");
  file = join(folder, "web.yaml");
  await writeFile(kubeconfig, await cluster.kubeconfig);
  await writeFile(file, manifest);
  await runTheirs(kubectl, ["apply", "-f", file], kubeconfig);
  await cluster.apply(definition);
  await cluster.settle();
});

afterAll(async () => {
  if (kubectl === undefined) return;
  await cluster[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Commands that change nothing, so that both see the same cluster. */
const commands: readonly string[] = [
  "get pods",
  "get all -o wide",
  "get po,svc,deploy -A --show-labels -L app",
  "get nodes --no-headers",
  "get pods -o name",
  "get po,svc,deploy -o name",
  "get deploy web -o json",
  "get nodes -o yaml",
  "get pods -o yaml",
  "get svc,cm -o json",
  "get deploy web -o jsonpath={.metadata.name}{'\\n'}",
  "get pods -o jsonpath={range.items[*]}{.metadata.name}{'\\t'}{.status.phase}{'\\n'}{end}",
  "get nodes -o jsonpath={.items[*].status.addresses[?(@.type=='InternalIP')].address}",
  "get svc -o custom-columns=NAME:.metadata.name,PORTS:.spec.ports,APP:.spec.selector.app",
  "get all -A -o name",
  "explain",
  "explain deployment",
  "explain deploy.spec.strategy --recursive",
  "explain deploy.spec.strategy.type",
  "explain deployments.apps.spec.replicas",
  "explain pod --recursive",
  "explain pod.spec.containers",
  "explain pod.spec.overhead",
  "explain pod.spec.nothing",
  "explain pod --api-version=v2",
  "explain hpa --api-version=autoscaling/v1",
  "explain pv.spec.hostPath",
  "explain pv.spec.hostPath.type",
  "explain crd.spec.versions.schema.openAPIV3Schema --recursive",
  "explain resourceslice.spec.devices.attributes",
  "explain crontab.spec",
  "explain crontab.spec.port",
  "explain crontabs.stable.example.com.spec.parts",
  "explain crontab --recursive",
  "get pod nope",
  "get nopes",
  "get pods -l app=none",
  "get pods -n kube-system",
  "get deploy/web svc/web -o name",
  "get cm settings nope -o name",
  "get ns --sort-by=.metadata.name -o name",
  "get cm nope --ignore-not-found",
  "api-resources",
  "api-resources -o wide --sort-by=kind",
  "api-resources -o name --namespaced=false --api-group=rbac.authorization.k8s.io",
  "config view",
  "config current-context",
  "config get-contexts",
  "describe deploy web",
  "describe rs",
  "describe pods",
  "describe node",
  "describe svc web",
  "describe cm settings",
  "describe lease -n kube-node-lease",
  "describe pod nope",
  "rollout status deploy/web",
  "rollout history deploy/web",
  "rollout history deploy web --revision=1",
  "scale deploy web --replicas=2",
  "label pods -l app=web x=y --dry-run=client",
  "logs deploy/web -c nope",
  "exec deploy/web -c nope -- true",
  "attach deploy/web -c nope",
  "label deploy web app=other",
  "annotate deploy web a=b --dry-run=server",
  "patch deploy web -p {}",
  "wait deploy/web --for=condition=Available",
  "wait pod -l app=web --for=jsonpath={.status.phase}=Running",
  "delete pod nope",
  "delete cm settings --dry-run=server",
  "create deploy a --image=nginx --dry-run=server",
  "create -f FILE",
  "apply -f FILE",
  "apply -f FILE --dry-run=server",
  "apply -f FILE -n other",
  "apply -f /nowhere.yaml",
  "diff -f FILE",
  "diff -f /nowhere.yaml",
  "diff",
  "api-versions",
  "auth can-i create pods",
  "auth can-i get nodes",
  "auth can-i get nopes",
  "auth can-i get /healthz",
  "auth can-i --list",
  "auth whoami",
  "autoscale deploy web --max=3 --dry-run=client",
  "cluster-info",
  "cordon nope",
  "cordon NODE --dry-run=client",
  "drain NODE --dry-run=client --force",
  "events -A",
  "events --for deploy/web",
  "events -n kube-public",
  "expose deploy web --name=front --port=80 --target-port=8080 --dry-run=client -o jsonpath={.spec}",
  "expose deploy web --name=front --dry-run=server",
  "replace -f FILE --dry-run=server",
  "run one --image=busybox --dry-run=client -o jsonpath={.metadata.labels}{.spec} -- sleep 5",
  "run one --image=busybox --env=A=1 --port=80 --restart=Never --labels=a=b --dry-run=client -o jsonpath={.metadata.labels}{.spec} --command -- sleep 5",
  "run one --image=busybox --dry-run=server",
  "set image deploy/web main=nginx:2 --dry-run=server",
  "set image deploy/web nope=nginx:2",
  "set env deploy/web B=2 --dry-run=server",
  "set resources deploy/web --limits=cpu=200m --dry-run=server",
  "taint nodes NODE a=b:NoSchedule --dry-run=server",
  "taint nodes NODE a-",
  "top nodes",
  "uncordon NODE",
];

describe.skipIf(kubectl === undefined)("our kubectl says what a real kubectl says, and ends as it ends", () => {
  test.for(commands)("kubectl %s", async (command) => {
    const [node = ""] = (await cluster.client.resource(NodeKind).list()).items.map(({ metadata }) => metadata.name);
    const args = command
      .split(" ")
      .map((word) => (word === "FILE" ? file : word === "NODE" ? node : word.replace("{range.items", "{range .items")));
    const theirs = await runTheirs(kubectl!, args, kubeconfig);
    const ours = await runOurs(args, kubeconfig);
    expect(ours).toEqual(theirs);
  });

  test("what ours applied, a real kubectl finds unchanged, and the other way round", async () => {
    const changed = join(folder, "changed.yaml");
    await writeFile(
      changed,
      manifest.replace("replicas: 2", "replicas: 3").replace('env: [{ name: A, value: "1" }]', 'env: [{ name: B, value: "2" }]'),
    );
    const outcome = await runOurs(["apply", "-f", changed], kubeconfig);
    expect(outcome).toEqual({
      exitCode: 0,
      output: "deployment.apps/web configured\nservice/web unchanged\nconfigmap/settings unchanged\n",
      errors: "",
    });
    const unchanged = "deployment.apps/web unchanged\nservice/web unchanged\nconfigmap/settings unchanged\n";
    expect((await runTheirs(kubectl!, ["apply", "-f", changed], kubeconfig)).output).toBe(unchanged);
    const environment = await runOurs(["get", "deploy", "web", "-o", "jsonpath={.spec.template.spec.containers[0].env}"], kubeconfig);
    expect(environment.output).toBe('[{"name":"B","value":"2"}]');
    await runTheirs(kubectl!, ["apply", "-f", file], kubeconfig);
    expect((await runOurs(["apply", "-f", file], kubeconfig)).output).toBe(unchanged);
  });

  test("ours shows what an apply would change as a real kubectl does, and nothing of what Secrets hold", async () => {
    const changed = join(folder, "different.yaml");
    const secrets = ["one", "two"].map(
      (text) => `---\napiVersion: v1\nkind: Secret\nmetadata: { name: hidden }\nstringData: { a: kept, b: ${text} }\n`,
    );
    await writeFile(changed, secrets[0]!);
    await runTheirs(kubectl!, ["create", "-f", changed], kubeconfig);
    await writeFile(
      changed,
      `${manifest.replace("replicas: 2", "replicas: 5").replace("containerPort: 80", "containerPort: 81")}${secrets[1]}
---
apiVersion: v1
kind: Namespace
metadata: { name: new }
`,
    );
    // The folders are named by chance, and the times are now.
    const plain = ({ output, ...outcome }: Awaited<ReturnType<typeof runOurs>>) => ({
      ...outcome,
      output: output
        .replaceAll(/\/(LIVE|MERGED)-\w+/g, "/$1")
        .replaceAll(/\t\d{4}-.*$/gm, "")
        .replaceAll(/^(.) {2}(uid|creationTimestamp): .*$/gm, "$1  $2"),
    });
    for (const more of [[], ["--server-side", "--force-conflicts"], ["--show-managed-fields"]]) {
      const args = ["diff", "-f", changed, ...more];
      const theirs = plain(await runTheirs(kubectl!, args, kubeconfig));
      expect(plain(await runOurs(args, kubeconfig))).toEqual(theirs);
      expect(theirs).toMatchObject({ exitCode: 1, output: expect.stringContaining("*** (after)") as string });
    }
    await runTheirs(kubectl!, ["delete", "secret", "hidden"], kubeconfig);
  });

  test.each<readonly [what: string, editor: string, args: readonly string[]]>([
    ["a change", "sed -i s/blue/green/", ["cm", "colours"]],
    ["a change, with its patch", "sed -i s/green/blue/", ["cm/colours", "--output-patch"]],
    ["a change as JSON", "sed -i s/blue/green/", ["cm", "colours", "-o", "json"]],
    ["nothing", "true", ["cm", "colours"]],
    ["an editor that fails", "false", ["cm", "colours"]],
    ["what isn't there", "true", ["cm", "nope"]],
  ])("ours edits as a real kubectl does: %s", async (_, editor, args) => {
    const edit = async (run: (args: readonly string[], environment: Readonly<Record<string, string>>) => ReturnType<typeof runOurs>) => {
      await runTheirs(kubectl!, ["delete", "cm", "colours", "--ignore-not-found"], kubeconfig);
      await runTheirs(
        kubectl!,
        ["create", "cm", "colours", `--from-literal=a=${editor.includes("green/blue") ? "green" : "blue"}`],
        kubeconfig,
      );
      const { output, ...outcome } = await run(["edit", ...args], { KUBE_EDITOR: editor });
      const { output: data } = await runTheirs(kubectl!, ["get", "cm", "colours", "-o", "jsonpath={.data}"], kubeconfig);
      return { ...outcome, data, output: output.replaceAll(/"(uid|resourceVersion|creationTimestamp|time)": ".*"/g, '"$1"') };
    };
    const theirs = await edit((words, environment) => runTheirs(kubectl!, words, kubeconfig, environment));
    expect(await edit((words, environment) => runOurs(words, kubeconfig, environment))).toEqual(theirs);
  });

  test("what an edit may not change is said in the file, which is opened again until it is left as it is", async () => {
    const editor = join(folder, "editor");
    await writeFile(editor, 'cat "$1" >> "$0.seen"; sed -i "s/replicas: 2/replicas: -1/" "$1"\n');
    const { exitCode, errors } = await runOurs(["edit", "deploy", "web"], kubeconfig, { KUBE_EDITOR: `sh ${editor}` });
    const [said, stored, left] = errors.split("\n");
    expect({ exitCode, said, left }).toEqual({
      exitCode: 1,
      said: 'The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      left: "error: Edit cancelled, no valid changes were saved.",
    });
    const [, copy] = /^A copy of your changes has been stored to "(.*)"$/.exec(stored!)!;
    expect(await readFile(copy!, "utf8")).toContain("replicas: -1");
    await rm(dirname(copy!), { recursive: true });
    const seen = await readFile(`${editor}.seen`, "utf8");
    expect(seen.match(/^# The Deployment "web" is invalid: .*$/gm)).toHaveLength(1);
  });

  test("an edit that leaves nothing is none", async () => {
    const emptied = await runOurs(["edit", "deploy", "web"], kubeconfig, { KUBE_EDITOR: "sed -i d" });
    expect(emptied).toEqual({ exitCode: 0, output: "", errors: "Edit cancelled, saved file was empty.\n" });
  });

  test("ours empties a node, and opens it again", async () => {
    const [node = ""] = (await cluster.client.resource(NodeKind).list()).items.map(({ metadata }) => metadata.name);
    const said = (...args: string[]): Promise<Awaited<ReturnType<typeof runOurs>>> => runOurs(args, kubeconfig);
    await said("run", "alone", "--image=nginx", "--annotations=a=b");
    await cluster.settle();
    expect(await said("drain", node)).toEqual({
      exitCode: 1,
      output: `node/${node} cordoned\n`,
      errors:
        `error: unable to drain node "${node}" due to error: cannot delete Pods that declare no controller (use --force to override): default/alone, continuing command...\n` +
        `There are pending nodes to be drained:\n ${node}\ncannot delete Pods that declare no controller (use --force to override): default/alone\n`,
    });
    const drained = said("drain", node, "--force", "--grace-period=0");
    const outcome = await drained;
    expect(outcome.exitCode).toBe(0);
    expect(outcome.errors).toBe("Warning: deleting Pods that declare no controller: default/alone\n");
    expect(outcome.output.split("\n")).toEqual(
      expect.arrayContaining(["evicting pod default/alone", "pod/alone evicted", `node/${node} drained`]),
    );
    expect((await said("uncordon", node)).output).toBe(`node/${node} uncordoned\n`);
    expect((await said("taint", "nodes", node, "a=b:NoSchedule")).output).toBe(`node/${node} tainted\n`);
    expect((await said("taint", "nodes", node, "a-")).output).toBe(`node/${node} untainted\n`);
  });

  test("ours creates, scales, restarts and deletes", async () => {
    const said = async (...args: string[]): Promise<string> => (await runOurs(args, kubeconfig)).output;
    expect([
      await said("create", "deployment", "other", "--image=nginx", "--replicas=1"),
      await said("scale", "deploy/other", "--replicas=0"),
      await said("rollout", "restart", "deploy/other"),
      await said("rollout", "pause", "deploy/other"),
      await said("label", "deploy", "other", "tier=front"),
      await said("label", "deploy", "other", "tier-"),
      await said("delete", "deploy", "other", "--wait=false"),
    ]).toEqual([
      "deployment.apps/other created\n",
      "deployment.apps/other scaled\n",
      "deployment.apps/other restarted\n",
      "deployment.apps/other paused\n",
      "deployment.apps/other labeled\n",
      "deployment.apps/other unlabeled\n",
      'deployment.apps "other" deleted\n',
    ]);
  });
});
