import type { Kind, Verb } from "@kubets/machinery";

/** One subresource, as discovery and OpenAPI list it. */
export interface SubresourceEntry {
  readonly name: string;
  readonly verbs: readonly Verb[];
  /** What is answered; `group` and `version` are absent when they are the resource's own. */
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
}

/** The subresources of a kind in the order of their names. */
export function subresourcesOf({ kind, subresources }: Pick<Kind, "kind" | "subresources">): readonly SubresourceEntry[] {
  const { status, scale, others = [] } = subresources;
  const entries: SubresourceEntry[] = others.map((name) => otherSubresource(name, kind));
  if (status === true) entries.push({ name: "status", verbs: readAndWrite, kind });
  if (scale !== undefined) entries.push({ name: "scale", verbs: readAndWrite, kind: "Scale", group: "autoscaling", version: "v1" });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const readAndWrite: readonly Verb[] = ["get", "patch", "update"];
const connect: readonly Verb[] = ["create", "get"];

function otherSubresource(name: string, kind: string): SubresourceEntry {
  switch (name) {
    case "binding":
      return { name, verbs: ["create"], kind: "Binding" };
    case "eviction":
      return { name, verbs: ["create"], kind: "Eviction", group: "policy", version: "v1" };
    case "token":
      return { name, verbs: ["create"], kind: "TokenRequest", group: "authentication.k8s.io", version: "v1" };
    case "log":
      return { name, verbs: ["get"], kind };
    case "finalize":
      return { name, verbs: ["update"], kind };
    case "attach":
      return { name, verbs: connect, kind: `${kind}AttachOptions` };
    case "exec":
      return { name, verbs: connect, kind: `${kind}ExecOptions` };
    case "portforward":
      return { name, verbs: connect, kind: `${kind}PortForwardOptions` };
    case "proxy":
      return { name, verbs: ["create", "delete", "get", "patch", "update"], kind: `${kind}ProxyOptions` };
    default:
      // `approval`, `ephemeralcontainers`, `resize`: the object itself, of which only a part is written.
      return { name, verbs: readAndWrite, kind };
  }
}
