import {
  type FlowSchema,
  FlowSchemaKind,
  type PolicyRulesWithSubjects,
  type PriorityLevelConfiguration,
  PriorityLevelConfigurationKind,
} from "@kubets/api";
import type { Draft } from "@kubets/machinery";
import { typeOf } from "./cluster-objects.ts";

// What upstream's servers begin with. Concurrency shares are parts of what the server does at once, among all levels.

/** Says that the server keeps an object as it has it; operators who want to keep their own changes set it to `false`. */
export const autoUpdateAnnotation = "apf.kubernetes.io/autoupdate-spec";

/** Without these two of each kind no request would have a place: they are always as the server has them. */
export const mandatoryNames: ReadonlySet<string> = new Set(["exempt", "catch-all"]);

const metadata = (name: string): { readonly name: string; readonly annotations: Readonly<Record<string, string>> } => ({
  name,
  annotations: { [autoUpdateAnnotation]: "true" },
});

interface Limits {
  readonly shares: number;
  readonly lendablePercent: number;
  /** Requests that find no room wait in queues, a flow in a hand of them; without queues they are refused. */
  readonly queues?: { readonly queues: number; readonly handSize: number };
}

function level(name: string, { shares, lendablePercent, queues }: Limits): Draft<PriorityLevelConfiguration> {
  return {
    ...typeOf(PriorityLevelConfigurationKind),
    metadata: metadata(name),
    spec: {
      type: "Limited",
      limited: {
        nominalConcurrencyShares: shares,
        limitResponse: queues === undefined ? { type: "Reject" } : { type: "Queue", queuing: { ...queues, queueLengthLimit: 50 } },
        lendablePercent,
      },
    },
  };
}

const few = { queues: 16, handSize: 4 } as const;
const some = { queues: 64, handSize: 6 } as const;
const many = { queues: 128, handSize: 6 } as const;

export const defaultPriorityLevels: readonly Draft<PriorityLevelConfiguration>[] = [
  {
    ...typeOf(PriorityLevelConfigurationKind),
    metadata: metadata("exempt"),
    spec: { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  },
  level("catch-all", { shares: 5, lendablePercent: 0 }),
  level("system", { shares: 30, lendablePercent: 33, queues: some }),
  level("node-high", { shares: 40, lendablePercent: 25, queues: some }),
  level("leader-election", { shares: 10, lendablePercent: 0, queues: few }),
  level("workload-high", { shares: 40, lendablePercent: 50, queues: many }),
  level("workload-low", { shares: 100, lendablePercent: 90, queues: many }),
  level("global-default", { shares: 20, lendablePercent: 50, queues: many }),
];

type Subject = PolicyRulesWithSubjects["subjects"][number];
type Rules = Pick<PolicyRulesWithSubjects, "resourceRules" | "nonResourceRules">;

const groups = (...names: readonly string[]): readonly Subject[] => names.map((name) => ({ kind: "Group", group: { name } }));
const users = (...names: readonly string[]): readonly Subject[] => names.map((name) => ({ kind: "User", user: { name } }));
const systemAccounts: readonly Subject[] = [{ kind: "ServiceAccount", serviceAccount: { namespace: "kube-system", name: "*" } }];
const everybody = groups("system:unauthenticated", "system:authenticated");
const nodes = groups("system:nodes");

const everything: Rules = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
};
const leases = (...verbs: readonly string[]): NonNullable<Rules["resourceRules"]>[number] => ({
  verbs,
  apiGroups: ["coordination.k8s.io"],
  resources: ["leases"],
  namespaces: ["*"],
});

interface Flow {
  readonly level: string;
  readonly precedence: number;
  /** What tells the flows of a level apart; they are one where nothing is said. */
  readonly by?: "ByUser" | "ByNamespace";
  readonly subjects: readonly Subject[];
  readonly rules?: Rules;
}

function flow(name: string, { level: priorityLevel, precedence, by, subjects, rules = everything }: Flow): Draft<FlowSchema> {
  return {
    ...typeOf(FlowSchemaKind),
    metadata: metadata(name),
    spec: {
      priorityLevelConfiguration: { name: priorityLevel },
      matchingPrecedence: precedence,
      ...(by === undefined ? {} : { distinguisherMethod: { type: by } }),
      rules: [{ subjects, ...rules }],
    },
  };
}

export const defaultFlowSchemas: readonly Draft<FlowSchema>[] = [
  flow("exempt", { level: "exempt", precedence: 1, subjects: groups("system:masters") }),
  flow("probes", {
    level: "exempt",
    precedence: 2,
    subjects: everybody,
    rules: { nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }] },
  }),
  flow("system-leader-election", {
    level: "leader-election",
    precedence: 100,
    by: "ByUser",
    subjects: [...users("system:kube-controller-manager", "system:kube-scheduler"), ...systemAccounts],
    rules: { resourceRules: [leases("get", "create", "update")] },
  }),
  flow("system-node-high", {
    level: "node-high",
    precedence: 400,
    by: "ByUser",
    subjects: nodes,
    rules: {
      resourceRules: [
        { verbs: ["*"], apiGroups: [""], resources: ["nodes", "nodes/status"], clusterScope: true, namespaces: ["*"] },
        leases("*"),
      ],
    },
  }),
  flow("system-nodes", { level: "system", precedence: 500, by: "ByUser", subjects: nodes }),
  flow("kube-controller-manager", {
    level: "workload-high",
    precedence: 800,
    by: "ByNamespace",
    subjects: users("system:kube-controller-manager"),
  }),
  flow("kube-scheduler", { level: "workload-high", precedence: 800, by: "ByNamespace", subjects: users("system:kube-scheduler") }),
  flow("kube-system-service-accounts", { level: "workload-high", precedence: 900, by: "ByNamespace", subjects: systemAccounts }),
  flow("service-accounts", { level: "workload-low", precedence: 9000, by: "ByUser", subjects: groups("system:serviceaccounts") }),
  flow("global-default", { level: "global-default", precedence: 9900, by: "ByUser", subjects: everybody }),
  flow("catch-all", { level: "catch-all", precedence: 10_000, by: "ByUser", subjects: everybody }),
];
