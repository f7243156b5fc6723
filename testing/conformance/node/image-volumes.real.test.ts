import { EventKind, type Pod } from "@kubets/api";
import { expect } from "vitest";
import { type PodFacts, test } from "../real-node.ts";
import { wholeCluster } from "../whole-cluster.ts";

const cluster = wholeCluster();

const imageVolume = (reference: string, pullPolicy: string): object => ({ image: { reference, pullPolicy } });
const stateOf = ({ status }: Pod): NonNullable<Pod["status"]["containerStatuses"]>[number]["state"] =>
  status.containerStatuses?.[0]?.state ?? {};
const waitsWith = async (facts: PodFacts, reason: RegExp): Promise<string | undefined> => {
  const namespace = await cluster.namespace();
  await cluster.run(namespace, "waiting", facts);
  const pod = await cluster.podOnce(namespace, "waiting", (each) => reason.test(stateOf(each).waiting?.reason ?? ""));
  await cluster.remove(namespace, "waiting");
  return stateOf(pod).waiting?.message;
};

test("NO-028 a volume that is an image, always pulled, shows all its layers and takes no writes", async () => {
  const namespace = await cluster.namespace();
  const volume = imageVolume(cluster.images.echo, "Always");
  await cluster.runReady(namespace, "reader", { volume, script: "trap 'exit 0' TERM; sleep 1000 & wait" });
  // One of the first layer, one of the last.
  expect(await cluster.sh(namespace, "reader", "ls /v/bin/busybox /v/www/cgi-bin/request")).toBe(
    "/v/bin/busybox\n/v/www/cgi-bin/request\n",
  );
  await expect(cluster.sh(namespace, "reader", "touch /v/mine")).rejects.toThrow("Read-only file system");
  const events = await cluster.client.resource(EventKind).in(namespace).list();
  expect(events.items.map(({ message }) => message)).toContain(`Pulling image "${cluster.images.echo}"`);
  await cluster.remove(namespace, "reader");
});

test("a volume of an image of one layer is shown from a path within it, and again after a restart of its container", async () => {
  const namespace = await cluster.namespace();
  const facts = { volume: imageVolume(cluster.images.shell, "IfNotPresent"), mount: { subPath: "etc" }, restartPolicy: "OnFailure" };
  await cluster.run(namespace, "twice", { ...facts, script: "grep ^root /v/passwd; exit 1" });
  const pod = await cluster.podOnce(namespace, "twice", ({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) > 0);
  expect(pod.status.containerStatuses?.[0]?.volumeMounts?.[0]).toMatchObject({ mountPath: "/v" });
  expect(await cluster.log(namespace, "twice")).toBe("root:x:0:0:root:/root:/bin/sh\n");
  await cluster.remove(namespace, "twice");
});

test("what an image volume can't have holds its container up, and says why", async () => {
  const script = "true";
  const { shell } = cluster.images;
  const missing = shell.replace("shell:1", "nowhere:1");
  expect(await waitsWith({ script, volume: imageVolume(missing, "Never") }, /ErrImageNeverPull/)).toBe(
    `Container image "${missing}" is not present with pull policy of Never`,
  );
  expect(await waitsWith({ script, volume: imageVolume(missing, "Always") }, /ErrImagePull|ImagePullBackOff/)).toContain("not found");
  const nowhere = { script, volume: imageVolume(shell, "IfNotPresent"), mount: { subPath: "no/such/path" } };
  expect(await waitsWith(nowhere, /CreateContainerError/)).toContain('subPath "no/such/path" not found');
});
