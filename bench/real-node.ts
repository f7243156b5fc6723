import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Client, createClient } from "@kubets/client";
import { createHttpsTransport } from "@kubets/client/node";
import { writeImageArchive } from "@kubets/container-runtime";
import { busyboxImage, whyNoTestImages } from "@kubets/images";
import { createTasks } from "@kubets/machinery";
import { turn } from "@kubets/machinery/node";
import { whyNoRealNode } from "../distribution/real-node.ts";
import { accessTo } from "./cluster-under-load.ts";
import { freePort, type Kubets, programMain, startKubets } from "./processes.ts";

/** A cluster with this machine as its node, which has the image `busybox:1`. */
export interface RealNode extends AsyncDisposable {
  readonly kubets: Kubets;
  readonly client: Client;
  /** What `/metrics` answers. */
  metrics(): Promise<string>;
}

/** Why there can be none here, in words. */
export function obstacle(): string | undefined {
  return whyNoRealNode() ?? (existsSync("/usr/bin/containerd") ? whyNoTestImages() : "containerd is not installed");
}

/** Starts it on `folder`, with the given command or the bundled program; removes containers, interfaces and rules when disposed. */
export async function startRealNode(folder: string, command?: readonly string[]): Promise<RealNode> {
  const name = `bench-${process.pid}`;
  const data = join(folder, "data");
  const kubets = await startKubets(
    { data, port: await freePort(), home: folder },
    { nodes: "real", name, ...(command === undefined ? {} : { command }) },
  );
  const run = async (...args: readonly string[]): Promise<unknown> =>
    promisify(execFile)(process.execPath, [await programMain(), ...args, "--name", name, "--data-dir", data]);
  const archive = join(folder, "images.tar");
  writeFileSync(archive, writeImageArchive([{ name: "docker.io/library/busybox:1", image: busyboxImage() }]));
  await run("image", "load", archive);
  const { origin, credentials } = accessTo(data);
  const transport = createHttpsTransport({
    url: origin,
    certificateAuthority: credentials.ca,
    credentials: [{ by: "certificate", certificate: credentials.cert, key: credentials.key }],
    tasks: createTasks({ turn }),
  });
  return {
    kubets,
    client: createClient(transport),
    async metrics() {
      const answer = await transport.send({ method: "GET", target: "/metrics", headers: {} }, new AbortController().signal);
      const decoder = new TextDecoder();
      let text = "";
      for await (const chunk of answer.chunks()) text += decoder.decode(chunk, { stream: true });
      return text;
    },
    async [Symbol.asyncDispose]() {
      await transport.close();
      await kubets[Symbol.asyncDispose]();
      await run("down", "--purge", "--kubeconfig", join(folder, "kubeconfig"));
    },
  };
}

/** A Pod that runs until it is told to end, and then ends at once. */
export function sleeper(name: string): object {
  return {
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: "main", image: "docker.io/library/busybox:1" }],
    },
  };
}
