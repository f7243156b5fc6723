import { type Node, NodeKind, type Pod, PodKind, type Service, ServiceKind } from "@kubets/api";
import type { Action } from "@kubets/client";
import { apiVersionOf, applyDefaults, formatTime, type Instant, type Kind, type KubernetesObject } from "@kubets/machinery";

/** When the tests of decisions take place. */
export const noon: Instant = 1_800_000_000_000 as Instant;

/** A time, in seconds before {@link noon}. */
export function ago(seconds: number): string {
  return formatTime((noon - seconds * 1000) as Instant);
}

type Body = Readonly<Record<string, unknown>>;

/** An object as a cache has it: with its defaults, an hour old unless it says otherwise, of a uid that is its name. */
export function anObject<T extends KubernetesObject>(kind: Kind<T>, name: string, body: Body = {}): T {
  const metadata = { name, uid: name, resourceVersion: "1", generation: 1, creationTimestamp: ago(3600) };
  const namespace = kind.scope === "Namespaced" ? { namespace: "default" } : {};
  const object = {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    ...body,
    metadata: { ...metadata, ...namespace, ...(body["metadata"] as object) },
  };
  return applyDefaults(kind.schema, object as unknown as T);
}

export interface PodFacts {
  readonly labels?: Readonly<Record<string, string>>;
  readonly ip?: string;
  readonly node?: string;
  /** Since how many seconds; absent: it isn't. */
  readonly readyFor?: number;
  readonly deleting?: boolean;
  readonly phase?: Pod["status"]["phase"];
  /** Containers ports by name. */
  readonly ports?: Readonly<Record<string, number>>;
  readonly spec?: Body;
  readonly metadata?: Body;
  readonly conditions?: readonly Body[];
}

export function aPod(name: string, facts: PodFacts = {}): Pod {
  const {
    labels = { app: "web" },
    ip,
    node,
    readyFor,
    deleting = false,
    phase = "Running",
    ports = {},
    spec,
    metadata,
    conditions = [],
  } = facts;
  const ready = readyFor === undefined ? [] : [{ type: "Ready", status: "True", lastTransitionTime: ago(readyFor) }];
  const containerPorts = Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort, protocol: "TCP" }));
  return anObject(PodKind, name, {
    metadata: { labels, ...(deleting ? { deletionTimestamp: ago(1) } : {}), ...metadata },
    spec: {
      containers: [{ name: "web", image: "web:1", ports: containerPorts }],
      ...(node === undefined ? {} : { nodeName: node }),
      ...spec,
    },
    status: { phase, ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }), conditions: [...ready, ...conditions] },
  });
}

export function aService(spec: Body = {}, metadata: Body = {}): Service {
  const ports = [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }];
  return anObject(ServiceKind, "web", {
    metadata,
    spec: { selector: { app: "web" }, clusterIP: "10.96.0.7", ipFamilies: ["IPv4"], ports, ...spec },
  });
}

export function aNode(name: string, body: Body = {}): Node {
  return anObject(NodeKind, name, body);
}

/** Actions in a word each: the verb, and what it is done to. */
export function verbsOf(actions: readonly Action[]): readonly string[] {
  return actions.map((action) => {
    switch (action.verb) {
      case "create":
        return `create ${action.kind.kind}`;
      case "update":
      case "updateStatus":
        return `${action.verb} ${action.object.metadata.name}`;
      case "event":
        return `event ${action.reason}`;
      case "confirmEmpty":
        return `confirmEmpty ${action.kind.resource}`;
      case "patch":
      case "delete":
      case "confirmGone":
        return `${action.verb} ${action.name}`;
      case "subresource":
        return `${action.subresource} ${action.name}`;
      case "outside":
        return `${action.deed} ${action.subject}`;
      case "ask":
        return `ask ${action.subject}`;
    }
  });
}
