import type { Pod, PodAffinityTerm } from "@kubets/api";
import { exactLabel, labelRequirements, matchesLabels } from "@kubets/machinery";
import { type Among, isAffine } from "./pod-counts.ts";
import type { PodInfo } from "./pod-info.ts";
import { RecentlyUsed } from "./recently-used.ts";

/** A term of affinity or anti-affinity of a Pod: which Pods it speaks of, and what is near. */
export interface Term {
  /** The same for the same term of Pods of one namespace. */
  readonly text: string;
  readonly topologyKey: string;
  readonly matches: (pod: Pod) => boolean;
  /** The Pods that it could speak of. */
  readonly among: Among;
  /** It chooses namespaces by their labels, those that they have now. */
  readonly readsNamespaces: boolean;
}

export interface WeightedTerm extends Term {
  readonly weight: number;
}

/** What a Pod says of others. */
export interface Wishes {
  readonly near: readonly Term[];
  readonly away: readonly Term[];
  /** What it prefers: near has a positive weight, away a negative one. */
  readonly rather: readonly WeightedTerm[];
  readonly readsNamespaces: boolean;
}

/** What Pods say of others, read once for all that say the same; and by which topologies those speak that are on nodes. */
export class PodAffinities {
  /** Topologies by which Pods that are there keep others away. */
  refusing: readonly string[] = [];
  /** Topologies by which Pods that are there would have others near, or away. */
  wishing: readonly string[] = [];
  readsNamespaces = false;
  readonly #namespaceLabels: (namespace: string) => Readonly<Record<string, string>>;
  readonly #byText = new RecentlyUsed<Wishes>(() => 1000);
  readonly #byPod = new WeakMap<PodInfo, Wishes>();
  readonly #speaking = new Map<string, { readonly wishes: Wishes; pods: number }>();

  constructor(namespaceLabels: (namespace: string) => Readonly<Record<string, string>>) {
    this.#namespaceLabels = namespaceLabels;
  }

  /** Nobody who is there speaks of others. */
  get isEmpty(): boolean {
    return this.#speaking.size === 0;
  }

  wishesOf(pod: PodInfo): Wishes {
    if (!isAffine(pod)) return noWishes;
    let wishes = this.#byPod.get(pod);
    if (wishes === undefined) {
      const text = textOf(pod.pod);
      wishes = this.#byText.get(text) ?? this.#byText.put(text, this.#read(pod.pod));
      this.#byPod.set(pod, wishes);
    }
    return wishes;
  }

  /** A Pod has come to a node, or has left it. */
  note(pod: PodInfo, change: 1 | -1): void {
    if (!isAffine(pod)) return;
    const text = textOf(pod.pod);
    const known = this.#speaking.get(text) ?? { wishes: this.wishesOf(pod), pods: 0 };
    known.pods += change;
    if (known.pods === 0) this.#speaking.delete(text);
    else this.#speaking.set(text, known);
    if (known.pods === 0 || (known.pods === 1 && change === 1)) this.#readTopologies();
  }

  #readTopologies(): void {
    const all = [...this.#speaking.values()].map(({ wishes }) => wishes);
    this.refusing = topologiesOf(all.flatMap(({ away }) => away));
    this.wishing = topologiesOf(all.flatMap(({ near, rather }) => [...near, ...rather]));
    this.readsNamespaces = all.some(({ readsNamespaces }) => readsNamespaces);
  }

  #read(owner: Pod): Wishes {
    const { podAffinity, podAntiAffinity } = owner.spec.affinity ?? {};
    const read = (terms: readonly PodAffinityTerm[] = []): readonly Term[] => terms.map((term) => this.#readTerm(owner, term));
    const weighted = (sign: 1 | -1, terms: typeof podAffinity): readonly WeightedTerm[] =>
      (terms?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) => ({
        ...this.#readTerm(owner, podAffinityTerm),
        weight: sign * weight,
      }));
    const near = read(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
    const away = read(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
    const rather = [...weighted(1, podAffinity), ...weighted(-1, podAntiAffinity)];
    return { near, away, rather, readsNamespaces: [...near, ...away, ...rather].some(({ readsNamespaces }) => readsNamespaces) };
  }

  #readTerm(owner: Pod, term: PodAffinityTerm): Term {
    const { topologyKey, labelSelector, namespaces = [], namespaceSelector } = term;
    const own = owner.metadata.namespace ?? "";
    const labels = labelSelector === undefined ? undefined : labelRequirements(labelSelector);
    const namespaceLabels = namespaceSelector === undefined ? undefined : labelRequirements(namespaceSelector);
    const isOwnOnly = namespaces.length === 0 && namespaceLabels === undefined;
    const isNear = (namespace: string): boolean => {
      if (isOwnOnly) return namespace === own;
      if (namespaces.includes(namespace)) return true;
      return namespaceLabels !== undefined && matchesLabels(namespaceLabels, this.#namespaceLabels(namespace));
    };
    const matches = ({ metadata }: Pod): boolean =>
      labels !== undefined && matchesLabels(labels, metadata.labels) && isNear(metadata.namespace ?? "");
    const label = labels?.map((each) => [each.key, exactLabel([each], each.key)] as const).find(([, value]) => value !== undefined);
    return {
      text: JSON.stringify([own, term]),
      topologyKey,
      matches,
      among: label === undefined || !isOwnOnly ? "all" : { namespace: own, label: [label[0], label[1]!] },
      readsNamespaces: namespaceLabels !== undefined,
    };
  }
}

const noWishes: Wishes = { near: [], away: [], rather: [], readsNamespaces: false };

function textOf({ metadata, spec: { affinity } }: Pod): string {
  return JSON.stringify([metadata.namespace, affinity?.podAffinity, affinity?.podAntiAffinity]);
}

function topologiesOf(terms: readonly Term[]): readonly string[] {
  return [...new Set(terms.map(({ topologyKey }) => topologyKey))].sort();
}
