import {
  type defaulted,
  defineKind,
  field,
  type FieldError,
  forbidden,
  formatLabelSelector,
  integer,
  intOrString,
  type IntOrString,
  invalid,
  isPortName,
  isPortNumber,
  type Kind,
  kindObject,
  type KubernetesObject,
  labelSelector,
  type LabelSelector,
  list,
  object,
  oneOf,
  required,
  type Schema,
  string,
  struct,
  text,
  validateLabelSelector,
} from "@kubets/machinery";
import { nameColumn, ageColumn } from "../columns.ts";
import { isWithinRange, ipFamilyOfRange, validateIpRange } from "../ip-address.ts";

/** Says which traffic certain Pods may have. Pods that no policy selects may have any. */
export interface NetworkPolicy extends KubernetesObject {
  readonly [defaulted]?: "spec";
  readonly spec: NetworkPolicySpec;
}

/** Which traffic certain Pods may have. */
export interface NetworkPolicySpec {
  readonly [defaulted]?: "podSelector";
  readonly podSelector: LabelSelector;
  readonly ingress?: readonly NetworkPolicyIngressRule[];
  readonly egress?: readonly NetworkPolicyEgressRule[];
  readonly policyTypes?: readonly ("Egress" | "Ingress")[];
}

/** Traffic that may come in: from one of the peers to one of the ports. */
export interface NetworkPolicyIngressRule {
  readonly ports?: readonly NetworkPolicyPort[];
  readonly from?: readonly NetworkPolicyPeer[];
}

/** Traffic that may go out: to one of the ports of one of the peers. */
export interface NetworkPolicyEgressRule {
  readonly ports?: readonly NetworkPolicyPort[];
  readonly to?: readonly NetworkPolicyPeer[];
}

/** A port, or a range of ports. */
export interface NetworkPolicyPort {
  readonly [defaulted]?: "protocol";
  readonly protocol: "SCTP" | "TCP" | "UDP";
  readonly port?: IntOrString;
  readonly endPort?: number;
}

/** Pods, or a range of addresses, that traffic comes from or goes to. */
export interface NetworkPolicyPeer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: IPBlock;
}

/** A range of addresses with holes. */
export interface IPBlock {
  readonly cidr: string;
  readonly except?: readonly string[];
}

const ipBlock: Schema<IPBlock> = object<IPBlock>("io.k8s.api.networking.v1.IPBlock", "A range of addresses with holes.", {
  cidr: text({ field: 1, required: true, doc: "The range, such as 192.168.1.0/24 or 2001:db8::/64." }),
  except: list(string, { field: 2, listType: "atomic", doc: "Ranges within that are left out." }),
});

const networkPolicyPeer: Schema<NetworkPolicyPeer> = object<NetworkPolicyPeer>(
  "io.k8s.api.networking.v1.NetworkPolicyPeer",
  "Pods, or a range of addresses, that traffic comes from or goes to.",
  {
    podSelector: struct(labelSelector, {
      field: 1,
      presence: "pointer",
      doc: "The Pods with these labels, in the policy's namespace or in those of namespaceSelector.",
    }),
    namespaceSelector: struct(labelSelector, {
      field: 2,
      presence: "pointer",
      doc: "The namespaces with these labels; all of their Pods where podSelector says nothing.",
    }),
    ipBlock: struct(ipBlock, { field: 3, presence: "pointer", doc: "A range of addresses; not together with the selectors." }),
  },
);

const networkPolicyPort: Schema<NetworkPolicyPort> = object<NetworkPolicyPort>(
  "io.k8s.api.networking.v1.NetworkPolicyPort",
  "A port, or a range of ports.",
  {
    protocol: text({ field: 1, presence: "pointer", default: "TCP", enum: ["SCTP", "TCP", "UDP"], doc: "TCP, UDP or SCTP." }),
    port: field(intOrString, {
      field: 2,
      presence: "pointer",
      doc: "Its number or the name that containers give it; absent stands for all ports of the protocol.",
    }),
    endPort: integer({ field: 3, presence: "pointer", doc: "The last port of a range that begins with port." }),
  },
);

const networkPolicyEgressRule: Schema<NetworkPolicyEgressRule> = object<NetworkPolicyEgressRule>(
  "io.k8s.api.networking.v1.NetworkPolicyEgressRule",
  "Traffic that may go out: to one of the ports of one of the peers.",
  {
    ports: list(networkPolicyPort, { field: 1, listType: "atomic", doc: "The ports there; none stands for all." }),
    to: list(networkPolicyPeer, { field: 2, listType: "atomic", doc: "Where it goes; none stands for anywhere." }),
  },
);

const networkPolicyIngressRule: Schema<NetworkPolicyIngressRule> = object<NetworkPolicyIngressRule>(
  "io.k8s.api.networking.v1.NetworkPolicyIngressRule",
  "Traffic that may come in: from one of the peers to one of the ports.",
  {
    ports: list(networkPolicyPort, { field: 1, listType: "atomic", doc: "The ports of the Pods; none stands for all." }),
    from: list(networkPolicyPeer, { field: 2, listType: "atomic", doc: "Where it comes from; none stands for anywhere." }),
  },
);

const networkPolicySpec: Schema<NetworkPolicySpec> = object<NetworkPolicySpec>(
  "io.k8s.api.networking.v1.NetworkPolicySpec",
  "Which traffic certain Pods may have.",
  {
    podSelector: struct(labelSelector, {
      field: 1,
      default: {},
      doc: "The Pods of the namespace that it is for; an empty selector takes all. Several policies add up.",
    }),
    ingress: list(networkPolicyIngressRule, {
      field: 2,
      listType: "atomic",
      doc: "What may come in: what any rule allows. None at all lets nothing in.",
    }),
    egress: list(networkPolicyEgressRule, {
      field: 3,
      listType: "atomic",
      doc: "What may go out: what any rule allows. None at all lets nothing out.",
    }),
    policyTypes: list(oneOf("Egress", "Ingress"), {
      field: 4,
      listType: "atomic",
      doc: "Which directions it limits; Ingress, and Egress as well where there are rules for it, if nothing is said.",
    }),
  },
);

const networkPolicy: Schema<NetworkPolicy> = kindObject<NetworkPolicy>(
  "io.k8s.api.networking.v1.NetworkPolicy",
  "Says which traffic certain Pods may have. Pods that no policy selects may have any.",
  {
    spec: struct(networkPolicySpec, { field: 2, default: {}, doc: "Which Pods, and which traffic." }),
  },
);

export const NetworkPolicyKind: Kind<NetworkPolicy> = defineKind<NetworkPolicy>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  resource: "networkpolicies",
  shortNames: ["netpol"],
  scope: "Namespaced",
  schema: networkPolicy,
  columns: [
    nameColumn,
    { name: "Pod-Selector", type: "string", doc: "The Pods that it is for.", cell: ({ spec }) => formatLabelSelector(spec.podSelector) },
    ageColumn,
  ],
  strategy: { generation: true, defaults: withPolicyTypes, validate: validateNetworkPolicy },
});

/** A policy that doesn't say which directions it limits limits what comes in, and what goes out if it has rules for that. */
function withPolicyTypes(policy: NetworkPolicy): NetworkPolicy {
  const { policyTypes = [], egress = [] } = policy.spec;
  if (policyTypes.length > 0) return policy;
  return { ...policy, spec: { ...policy.spec, policyTypes: egress.length > 0 ? ["Ingress", "Egress"] : ["Ingress"] } };
}

function validateNetworkPolicy({ spec }: NetworkPolicy): readonly FieldError[] {
  const { podSelector, ingress = [], egress = [], policyTypes = [] } = spec;
  return [
    ...validateLabelSelector(podSelector, "spec.podSelector"),
    ...ingress.flatMap(({ ports, from }, index) => validateTraffic(ports, from, `spec.ingress[${index}]`, "from")),
    ...egress.flatMap(({ ports, to }, index) => validateTraffic(ports, to, `spec.egress[${index}]`, "to")),
    ...(policyTypes.length > 2 ? [invalid("spec.policyTypes", policyTypes, "may not specify more than two policyTypes")] : []),
  ];
}

function validateTraffic(
  ports: readonly NetworkPolicyPort[] = [],
  peers: readonly NetworkPolicyPeer[] = [],
  path: string,
  direction: "from" | "to",
): readonly FieldError[] {
  return [
    ...ports.flatMap((port, index) => validatePort(port, `${path}.ports[${index}]`)),
    ...peers.flatMap((peer, index) => validatePeer(peer, `${path}.${direction}[${index}]`)),
  ];
}

function validatePort({ port, endPort }: NetworkPolicyPort, path: string): readonly FieldError[] {
  const refused = (when: string): readonly FieldError[] =>
    endPort === undefined ? [] : [invalid(`${path}.endPort`, endPort, `may not be specified when \`port\` is ${when}`)];
  if (port === undefined) return refused("not specified");
  if (typeof port === "string") {
    return [...refused("non-numeric"), ...isPortName(port).map((message) => invalid(`${path}.port`, port, message))];
  }
  return [
    ...isPortNumber(port).map((message) => invalid(`${path}.port`, port, message)),
    ...(endPort !== undefined && endPort < port ? [invalid(`${path}.endPort`, endPort, "must be greater than or equal to `port`")] : []),
    ...(endPort === undefined ? [] : isPortNumber(endPort).map((message) => invalid(`${path}.endPort`, endPort, message))),
  ];
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: string): readonly FieldError[] {
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  return [
    ...(podSelector === undefined ? [] : validateLabelSelector(podSelector, `${path}.podSelector`)),
    ...(namespaceSelector === undefined ? [] : validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`)),
    ...(ipBlock === undefined ? [] : validateBlock(ipBlock, `${path}.ipBlock`)),
    ...(selects || ipBlock !== undefined ? [] : [required(path, "must specify a peer")]),
    ...(selects && ipBlock !== undefined ? [forbidden(path, "may not specify both ipBlock and another peer")] : []),
  ];
}

function validateBlock({ cidr, except = [] }: IPBlock, path: string): readonly FieldError[] {
  if (cidr === "") return [];
  const problems = validateIpRange(cidr, `${path}.cidr`);
  if (problems.length > 0) return problems;
  return except.flatMap((hole, index) => {
    const field = `${path}.except[${index}]`;
    if (ipFamilyOfRange(hole) === undefined) return validateIpRange(hole, field);
    return isWithinRange(hole, cidr) ? [] : [invalid(field, hole, "must be a strict subset of `cidr`")];
  });
}
