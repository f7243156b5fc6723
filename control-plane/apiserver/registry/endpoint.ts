import { noSuchPath } from "@kubets/machinery";
import type { Endpoint, RequestContext, ResourceInfo } from "../contracts.ts";
import { serveBinding } from "./binding.ts";
import { connectingSubresources, type ConnectOptions, serveConnect } from "./connect/connect.ts";
import { type ComponentProbe, serveComponentStatuses } from "./component-statuses.ts";
import { serveEviction } from "./eviction.ts";
import { isWrittenLikeObject } from "./parts.ts";
import type { Resource, Resources } from "./resource.ts";
import { serveScale } from "./scale.ts";
import type { ServeEnvironment } from "./resource-request.ts";
import { serveResource } from "./serve.ts";

export type RegistryEnvironment = ServeEnvironment & {
  readonly connect: ConnectOptions;
  /** The components of the control plane, whose statuses aren't kept. */
  readonly components: readonly ComponentProbe[];
};

/** Chooses how the registry answers a request about a resource and its subresources; `undefined` for one that it doesn't keep. */
export function registryEndpoint(environment: RegistryEnvironment, resources: Resources): (info: ResourceInfo) => Endpoint | undefined {
  const pods = resources.find({ group: "", version: "v1", resource: "pods" });
  const budgets = resources.find({ group: "policy", version: "v1", resource: "poddisruptionbudgets" });
  return (info) => {
    if (pods !== undefined && isBindings(info)) return (context) => serveBinding(environment, context, pods);
    const resource = resources.find(info);
    if (resource === undefined) return undefined;
    return (context) => serve(context, info, resource);
  };

  async function serve(context: RequestContext, info: ResourceInfo, resource: Resource): ReturnType<Endpoint> {
    const { subresource } = info;
    const { subresources } = resource.kind;
    const isKnown =
      subresource === "" ||
      (subresource === "status" && subresources.status === true) ||
      (subresource === "scale" && subresources.scale !== undefined) ||
      subresources.others?.includes(subresource) === true;
    if (!isKnown) throw noSuchPath();
    if (resource.kind.deprecation !== undefined) context.warn(resource.kind.deprecation);
    if (resource.name === "componentstatuses")
      return serveComponentStatuses(environment, { context, info, resource }, environment.components);
    if (subresource === "" || isWrittenLikeObject(subresource)) return serveResource(environment, { context, info, resource });
    if (connectingSubresources.has(subresource)) return serveConnect(environment, context, resource);
    switch (subresource) {
      case "scale":
        return serveScale(environment, { context, info, resource });
      case "binding":
        return serveBinding(environment, context, resource);
      case "eviction":
        return serveEviction(environment, context, { pods: resource, budgets });
      default:
        throw noSuchPath();
    }
  }
}

/** The older way to bind: a Binding is created beside the Pods and kept nowhere. */
function isBindings({ group, resource, subresource, name }: ResourceInfo): boolean {
  return group === "" && resource === "bindings" && subresource === "" && name === "";
}
