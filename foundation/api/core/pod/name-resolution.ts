import { list, object, type Schema, string, text } from "@kubets/machinery";

export interface HostAlias {
  readonly ip: string;
  readonly hostnames?: readonly string[];
}

export interface PodDNSConfig {
  readonly nameservers?: readonly string[];
  readonly searches?: readonly string[];
  readonly options?: readonly PodDNSConfigOption[];
}

export interface PodDNSConfigOption {
  readonly name?: string;
  readonly value?: string;
}

export const hostAlias: Schema<HostAlias> = object<HostAlias>("io.k8s.api.core.v1.HostAlias", "A line of /etc/hosts.", {
  ip: text({ field: 1, required: true, doc: "The IP." }),
  hostnames: list(string, { field: 2, listType: "atomic", doc: "Names for it." }),
});

export const podDNSConfigOption: Schema<PodDNSConfigOption> = object<PodDNSConfigOption>(
  "io.k8s.api.core.v1.PodDNSConfigOption",
  "A resolver option.",
  {
    name: text({ field: 1, doc: "Name of the option." }),
    value: text({ field: 2, presence: "pointer", doc: "Value of the option." }),
  },
);

export const podDNSConfig: Schema<PodDNSConfig> = object<PodDNSConfig>(
  "io.k8s.api.core.v1.PodDNSConfig",
  "DNS settings on top of those of dnsPolicy.",
  {
    nameservers: list(string, { field: 1, listType: "atomic", doc: "Further DNS servers." }),
    searches: list(string, { field: 2, listType: "atomic", doc: "Further search domains." }),
    options: list(podDNSConfigOption, {
      field: 3,
      listType: "atomic",
      doc: "Further resolver options; they win over those of the same name.",
    }),
  },
);
