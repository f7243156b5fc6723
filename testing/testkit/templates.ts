import { existsSync, readFileSync } from "node:fs";
import type { ClusterOptions } from "./cluster.ts";
import type { SnapshotContent } from "./cluster-snapshot.ts";
import { type ClusterTemplate, decodeTemplate, templateOf } from "./cluster-template.ts";

/** Of the most recent options. A template holds about a megabyte, and more for each node. */
const templates = new Map<string, Promise<ClusterTemplate>>();
const mostKept = 8;

/** What a cluster has written when it is at rest after its start is a function of these alone. */
type DecisiveOptions = Pick<
  ClusterOptions,
  "nodes" | "controllers" | "scheduler" | "heartbeat" | "loadBalancerRange" | "apiServer" | "rootCertificate" | "runtimeConfig"
>;

/**
 * The template of clusters with these options: of those that differ only in seed, time, and who else is at work in them. It is made when the
 * process first needs it, unless it lies beside this module. `undefined` for a cluster that begins from nothing: one with a store of its own, whose API server is
 * given what has no name (a dialer, an authority), or which has servers behind it, whose state is found out at each start.
 */
export async function templateFor(
  options: ClusterOptions,
  clusterWith: (options: DecisiveOptions) => Promise<SnapshotContent>,
): Promise<ClusterTemplate | undefined> {
  const { store, server, authority, metricsServer = false } = options;
  if (store !== undefined || server !== undefined || authority !== undefined || metricsServer) return undefined;
  const given = decisiveOptions(options);
  const key = JSON.stringify(given);
  let template = templates.get(key);
  templates.delete(key);
  template ??= key === defaultKey && existsSync(shippedTemplate) ? Promise.resolve(shipped()) : clusterWith(given).then(templateOf);
  templates.set(key, template);
  for (const oldest of templates.keys()) if (templates.size > mostKept) templates.delete(oldest);
  try {
    return await template;
  } catch (error) {
    if (templates.get(key) === template) templates.delete(key);
    throw error;
  }
}

function decisiveOptions(options: ClusterOptions): DecisiveOptions {
  const { nodes, controllers, scheduler, heartbeat, loadBalancerRange, apiServer, rootCertificate, runtimeConfig } = options;
  const all = { nodes, controllers, scheduler, heartbeat, loadBalancerRange, apiServer, rootCertificate, runtimeConfig };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const defaultKey = JSON.stringify({});

/** The template of clusters without options lies beside this module where the testkit is published; in a checkout it would have to follow the sources. */
const shippedTemplate = new URL("cluster-template", import.meta.url);

function shipped(): ClusterTemplate {
  return decodeTemplate(readFileSync(shippedTemplate));
}
