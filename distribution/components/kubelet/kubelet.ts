import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { serveHttps, textAnswer } from "@kubets/apiserver/node";
import { createCriClient } from "@kubets/container-runtime/node";
import type { Handler, Logger } from "@kubets/machinery";
import { createDialer } from "../../dialer.ts";
import { machineSurroundings } from "../../local-store.ts";
import { startKubelet } from "../../node-components.ts";
import { connectCluster } from "../cluster-connection.ts";
import { servePlain } from "../plain-server.ts";
import type { RunningProgram } from "../program.ts";
import { nobodysAuthority, servingPair } from "../self-signed.ts";
import type { KubeletSettings } from "./settings.ts";

/** A kubelet as a process of its own, over a container runtime that is there. When it ends, containers go on. */
export async function startKubeletProgram(settings: KubeletSettings, logger: Logger): Promise<RunningProgram> {
  const surroundings = machineSurroundings(logger);
  const { tasks } = surroundings;
  const { node, root, serving } = settings;
  await using undo = new AsyncDisposableStack();
  const cluster = undo.use(await connectCluster(settings.connection, surroundings));
  const runtime = createCriClient({ ...surroundings, socketPath: settings.runtimeSocket });
  undo.defer(() => runtime.close());
  // Who can't reach its runtime says so before it calls itself a node.
  await runtime.version();
  for (const directory of [root, settings.logs]) mkdirSync(directory, { recursive: true, mode: 0o750 });
  const alternativeNames = { hostnames: [node.name], addresses: [node.address] };
  const certificate =
    serving.certificate ?? servingPair({ name: "kubelet", directory: serving.directory, host: node.name, alternativeNames }, surroundings);
  const component = await startKubelet({
    ...surroundings,
    client: cluster.client("kubelet"),
    runtime,
    machine: { storagePath: root, ...(settings.resolverPath === undefined ? {} : { resolverPath: settings.resolverPath }) },
    nodeName: node.name,
    nodeAddress: node.address,
    labels: node.labels,
    taints: node.taints,
    dialer: createDialer({ tasks }),
    layout: { root, logs: settings.logs, seccompProfiles: join(root, "seccomp") },
    cgroupRoot: settings.cgroupRoot,
    ...settings.pods,
    listen: (handle) =>
      serveHttps({
        handle,
        tasks,
        logger,
        host: serving.host,
        port: serving.port,
        serving: certificate,
        clientCertificateAuthority: serving.clientAuthority ?? nobodysAuthority(surroundings),
      }),
  });
  undo.defer(() => component.close());
  undo.defer(() => component.kubelet.stop());
  let isReady = false;
  undo.use(
    await servePlain(
      settings.health,
      health(() => isReady),
      surroundings,
    ),
  );
  await component.kubelet.ready();
  isReady = true;
  logger.info("The node is registered", { node: node.name, server: cluster.server });
  const running = undo.move();
  return { [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function health(isReady: () => boolean): Handler {
  return async ({ target }) => {
    if (!/^\/healthz(\/|\?|$)/.test(target)) return textAnswer(404, "404 page not found\n");
    return isReady() ? textAnswer(200, "ok") : textAnswer(500, "the kubelet has not started yet\n");
  };
}
