import { EndpointSliceKind, ServiceKind } from "@kubets/api";
import type { DialTarget, Random } from "@kubets/machinery";
import type { ObjectReader } from "../contracts.ts";

/** How a webhook is reached, as definitions and webhook configurations say it. */
export interface WebhookClientConfig {
  readonly url?: string;
  readonly service?: { readonly namespace: string; readonly name: string; readonly path?: string; readonly port?: number };
  /** Base64 of the PEM of the CAs that may have signed its certificate. */
  readonly caBundle?: string;
}

export interface WebhookTarget {
  readonly target: DialTarget;
  /** Path and query. */
  readonly path: string;
}

/**
 * Where to dial for a webhook. A Service is reached at one of its ready endpoints, chosen by chance, because the server need not be on a machine
 * with a Service proxy; the certificate must be that of the Service. Throws for a Service that isn't there or has no endpoint.
 */
export function webhookTarget({ url, service, caBundle = "" }: WebhookClientConfig, reader: ObjectReader, random: Random): WebhookTarget {
  const bundle = caBundle === "" ? "" : atob(caBundle).trim();
  const trust = bundle === "" ? {} : { certificateAuthority: bundle };
  if (service === undefined) {
    const { origin, pathname, search } = new URL(url ?? "");
    return { target: { origin, ...trust }, path: `${pathname}${search}` };
  }
  const { namespace, name, path = "/", port = 443 } = service;
  return {
    target: {
      origin: `https://${endpointOf({ namespace, name, port }, reader, random)}`,
      serverName: `${name}.${namespace}.svc`,
      ...trust,
    },
    path,
  };
}

function endpointOf(
  { namespace, name, port }: { readonly namespace: string; readonly name: string; readonly port: number },
  reader: ObjectReader,
  random: Random,
): string {
  const service = reader.get(ServiceKind, namespace, name);
  if (service === undefined) throw new Error(`service ${JSON.stringify(name)} not found`);
  const wanted = service.spec.ports?.find((each) => each.port === port);
  if (wanted === undefined) throw new Error(`service ${JSON.stringify(name)} has no port ${port}`);
  if (service.spec.type === "ExternalName") return `${service.spec.externalName ?? ""}:${port}`;
  const endpoints = reader
    .list(EndpointSliceKind, namespace)
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name)
    .flatMap(({ ports, endpoints: all }) => {
      const number = ports?.find((each) => (each.name ?? "") === (wanted.name ?? ""))?.port;
      const ready = (all ?? []).filter(({ conditions }) => conditions?.ready !== false);
      return number === undefined ? [] : ready.flatMap(({ addresses }) => addresses.map((address) => `${hostOf(address)}:${number}`));
    });
  const chosen = endpoints[Math.floor(random.fraction() * endpoints.length)];
  if (chosen === undefined) throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
  return chosen;
}

function hostOf(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
