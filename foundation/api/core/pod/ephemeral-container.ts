import { embedded, object, type ObjectNode, type Schema, text } from "@kubets/machinery";
import { type Container, container } from "./container.ts";

/** Has all fields of a container, although validation refuses most of them (ports, probes, resources, lifecycle). */
export interface EphemeralContainer extends Container {
  readonly targetContainerName?: string;
}

// Protobuf has the shared fields in a message of their own, with the numbers that they have in Container.
const common: Schema<Container> = {
  node: { ...(container.node as ObjectNode), name: "io.k8s.api.core.v1.EphemeralContainerCommon" },
};

export const ephemeralContainer: Schema<EphemeralContainer> = object<EphemeralContainer>(
  "io.k8s.api.core.v1.EphemeralContainer",
  "A container added to a running Pod to look into it. It is never restarted and reserves nothing.",
  {
    ...embedded(common, { field: 1 }),
    targetContainerName: text({ field: 2, doc: "Container whose process namespace is joined." }),
  },
);
