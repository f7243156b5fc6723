import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { busyboxImage } from "@kubets/images";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, runProgram } from "@kubets/faults/program";
import { type RealCluster, realCluster, whyNoRealCluster } from "./real-cluster.ts";

const obstacle = whyNoRealCluster();
if (obstacle !== undefined) console.warn(`How a cluster on real containers ends was not looked at: ${obstacle}`);

/** A sidecar that ends after the container that it serves, each with a hook; all of it is written to a file on the machine. */
const manifest = (folder: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: orderly }
spec:
  terminationGracePeriodSeconds: 10
  volumes: [{ name: notes, hostPath: { path: "${folder}", type: Directory } }]
  initContainers:
    - name: sidecar
      image: "busybox:1"
      restartPolicy: Always
      command: [sh, -c, "trap 'echo sidecar told >> /notes/said; exit 0' TERM; sleep infinity & wait"]
      volumeMounts: [{ name: notes, mountPath: /notes }]
  containers:
    - name: main
      image: "busybox:1"
      command: [sh, -c, "trap 'echo main told >> /notes/said; exit 0' TERM; sleep infinity & wait"]
      volumeMounts: [{ name: notes, mountPath: /notes }]
      lifecycle: { preStop: { exec: { command: [sh, -c, "sleep 1; echo main hook >> /notes/said"] } } }
`;

describe.skipIf(obstacle !== undefined)("a cluster on real containers", () => {
  const name = "ending";
  let cluster: RealCluster;
  let notes: string;
  beforeAll(async () => {
    notes = mkdtempSync(join(tmpdir(), "kubets-ending-"));
    cluster = realCluster({ name, port: await freePort() });
    await cluster.up();
    await cluster.loadImages({ "docker.io/library/busybox:1": busyboxImage() });
  }, 60_000);
  afterAll(async () => {
    await cluster.purge();
    rmSync(notes, { recursive: true });
  }, 60_000);

  test("refuses to share this machine with another of its name, and goes on", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "kubets-ending-other-"));
    try {
      const which = ["--name", name, "--data-dir", join(elsewhere, "data")];
      const second = await runProgram(["up", "--nodes", "real", "--port", `${await freePort()}`, ...which], elsewhere);
      expect({ code: second.code, said: second.stderr }).toEqual({
        code: 1,
        said: expect.stringContaining(
          `This machine is the node of another cluster "${name}", in ${join(cluster.folder, "data")};`,
        ) as string,
      });
      expect(second.stderr).not.toContain("    at ");
      expect(await runProgram(["down", "--purge", ...which], elsewhere)).toMatchObject({ code: 0 });
      await cluster.k("get", "nodes");
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  test("Ctrl-C ends its Pods as a deletion would: hooks, then the signal, sidecars last; the next start brings them back", async () => {
    const file = join(cluster.folder, "pod.yaml");
    writeFileSync(file, manifest(notes));
    await cluster.k("apply", "-f", file);
    await cluster.k("wait", "pod/orderly", "--for=condition=Ready", "--timeout=30s");
    expect(await cluster.end("SIGINT")).toBe(0);
    expect(readFileSync(join(notes, "said"), "utf8")).toBe("main hook\nmain told\nsidecar told\n");
    await cluster.up();
    const restarts = "jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}";
    await cluster.until("the Pod is back", async () => (await cluster.k("get", "pod", "orderly", "-o", restarts)) === "1 true");
  });
});
