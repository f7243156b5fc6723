import type { Command } from "../command-line/command.ts";
import { listAt, nameOf, namespaceOf, textAt } from "../json-object.ts";
import { itemsOf } from "../printers/object-printer.ts";

export const clusterInfo: Command = {
  flags: [],
  async run({ io, connect }) {
    const { api, server } = await connect();
    io.out(`Kubernetes control plane is running at ${server}\n`);
    const query = { labelSelector: "kubernetes.io/cluster-service=true" };
    const services = itemsOf(await api.request({ method: "GET", path: "/api/v1/namespaces/kube-system/services", query }));
    for (const service of services) {
      const name = textAt(service, "metadata", "labels", "kubernetes.io/name") || nameOf(service);
      const [port] = listAt(service, "spec", "ports");
      const scheme = textAt(port, "port") === "443" || textAt(port, "name") === "https" ? "https:" : "";
      const portName = textAt(port, "name") === "" ? "" : `:${textAt(port, "name")}`;
      const path = `/api/v1/namespaces/${namespaceOf(service)}/services/${scheme}${nameOf(service)}${portName}/proxy`;
      io.out(`${name} is running at ${server}${path}\n`);
    }
    io.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
  },
};
