import { PodKind } from "@kubets/api";
import type { Plugin } from "../../framework.ts";

/** Writes the node into the Pod, by its `binding` subresource. */
export const defaultBinder: Plugin = {
  name: "DefaultBinder",
  async bind({ pod: { metadata } }, node, { client, signal }) {
    const { name, namespace = "", uid } = metadata;
    const binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name, namespace, uid },
      target: { apiVersion: "v1", kind: "Node", name: node },
    };
    await client.resource(PodKind).in(namespace).subresource(name, "binding").create(binding, { signal });
    return true;
  },
};
