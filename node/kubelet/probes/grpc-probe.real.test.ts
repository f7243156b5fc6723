import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { PodKind } from "@kubets/api";
import { findCniPlugins, findProgram } from "@kubets/container-runtime/node";
import { busyboxImage, type Registry, startRegistry, whyNoTestImages } from "@kubets/images";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeName, type RealNode, realNode } from "../testing/real-node.ts";

const reason =
  process.platform !== "linux" || process.getuid?.() !== 0
    ? "containers need root on Linux"
    : findProgram("containerd") === undefined || findCniPlugins() === undefined
      ? "containerd or the CNI plugins are not installed"
      : whyNoTestImages();

/** `grpc.health.v1.Health/Check` over HTTP/2: SERVING until there is a file /tmp/sick, then NOT_SERVING. */
const server = `
const { existsSync } = require("fs");
require("http2").createServer().on("stream", (stream, headers) => {
  const known = headers[":path"] === "/grpc.health.v1.Health/Check";
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": known ? "0" : "12" }));
  stream.on("error", () => {}).resume();
  stream.end(known ? Buffer.from([0, 0, 0, 0, 2, 8, existsSync("/tmp/sick") ? 2 : 1]) : undefined);
}).listen(9000);`;

describe.skipIf(reason !== undefined)(reason ?? "a gRPC probe", () => {
  let real: RealNode;
  let registry: Registry;
  beforeAll(async () => {
    registry = await startRegistry({ images: { "busybox:1": busyboxImage() } });
    real = await realNode();
  });
  afterAll(async () => {
    await real[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  test("makes a Pod ready while the server says that it serves, and not ready when it says that it doesn't", async () => {
    // This machine's Node, and what it is linked with, in a container that has neither.
    const folders = [dirname(process.execPath), "/lib", "/lib64"].filter((path) => existsSync(path));
    await real.cluster.apply(
      JSON.stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "grpc", namespace: "default" },
        spec: {
          terminationGracePeriodSeconds: 1,
          nodeName,
          volumes: folders.map((path, index) => ({ name: `folder-${index}`, hostPath: { path, type: "Directory" } })),
          containers: [
            {
              name: "main",
              image: registry.nameOf("busybox:1"),
              command: [process.execPath, "-e", server],
              volumeMounts: folders.map((mountPath, index) => ({ name: `folder-${index}`, mountPath, readOnly: true })),
              readinessProbe: { grpc: { port: 9000 }, periodSeconds: 1, failureThreshold: 1 },
            },
          ],
        },
      }),
    );
    const readiness = (wanted: string) =>
      real.podOnce("grpc", ({ status }) => status.conditions?.some(({ type, status: is }) => type === "Ready" && is === wanted) ?? false);
    await readiness("True");
    const [container] = await real.containerd.runtime.listContainers({ state: "running" });
    await real.containerd.runtime.execSync(container!.id, ["touch", "/tmp/sick"]);
    const { status } = await readiness("False");
    expect(status.containerStatuses?.[0]).toMatchObject({ ready: false, restartCount: 0 });
    await real.containerd.runtime.execSync(container!.id, ["rm", "/tmp/sick"]);
    await readiness("True");
    await real.cluster.client.resource(PodKind).in("default").delete("grpc");
    await real.goneOnce("grpc");
  });
});
