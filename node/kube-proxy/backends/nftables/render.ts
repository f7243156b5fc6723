import type { ProxyNode, Ruleset, ServiceRules } from "../../ruleset.ts";
import { collections, hairpinSet, wordsOf } from "./names.ts";
import { noStatements, serviceStatements, type ServiceStatements } from "./service-statements.ts";
import { skeleton } from "./skeleton.ts";

export interface RenderOptions {
  /** The name of the table: one for each cluster on the machine. */
  readonly table: string;
}

/**
 * The commands for `nft -f` that bring the table from `previous` to `next`; all of the table anew when `previous` is absent or of
 * another node. Empty when there is nothing to do. Only what changed is written, and nft commits all of it or nothing.
 *
 * An update leaves endpoints in the set of hairpin connections that are gone: what goes from an address to itself is one whatever
 * Service it belongs to, and there are no more of them than a node has Pod addresses.
 */
export function render(next: Ruleset, previous: Ruleset | undefined, { table }: RenderOptions): string {
  const isUpdate = previous !== undefined && isSameNode(next.node, previous.node);
  const changes = isUpdate
    ? changedServices(next, previous)
    : [...next.services.values()].map((rules) => ({ before: undefined, after: rules }));
  const target = `${wordsOf(next.node.family).family} ${table}`;
  const lines = new Lines(target);
  const pairs = changes.map(({ before, after }) => ({
    before: before === undefined ? noStatements : serviceStatements(before, next.node),
    after: after === undefined ? noStatements : serviceStatements(after, next.node),
  }));
  for (const pair of pairs) removeElements(pair, lines);
  lines.flushElements("delete");
  for (const pair of pairs) writeChains(pair, next.node, lines);
  for (const pair of pairs) addElements(pair, lines);
  lines.flushElements("add");
  for (const pair of pairs) removeChains(pair, lines);
  const head = isUpdate ? [] : [`add table ${target}`, `delete table ${target}`, ...skeleton(next.node, target)];
  const all = [...head, ...lines.text];
  return all.length === 0 ? "" : `${all.join("\n")}\n`;
}

/** The commands that take the table away, whether it is there or not. */
export function renderRemoval(node: Pick<ProxyNode, "family">, { table }: RenderOptions): string {
  const target = `${wordsOf(node.family).family} ${table}`;
  return `add table ${target}\ndelete table ${target}\n`;
}

interface Change {
  readonly before: ServiceRules | undefined;
  readonly after: ServiceRules | undefined;
}

interface StatementsChange {
  readonly before: ServiceStatements;
  readonly after: ServiceStatements;
}

function changedServices(next: Ruleset, previous: Ruleset): readonly Change[] {
  if (next.services === previous.services) return [];
  const changes: Change[] = [];
  for (const [key, before] of previous.services) if (!next.services.has(key)) changes.push({ before, after: undefined });
  for (const [key, after] of next.services) {
    const before = previous.services.get(key);
    if (before !== after) changes.push({ before, after });
  }
  return changes;
}

function isSameNode(a: ProxyNode, b: ProxyNode): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function removeElements({ before, after }: StatementsChange, lines: Lines): void {
  for (const [collection, elements] of before.elements) {
    for (const [key, verdict] of elements)
      if (after.elements.get(collection)?.get(key) !== verdict) lines.element(collections[collection], key);
  }
}

function addElements({ before, after }: StatementsChange, lines: Lines): void {
  for (const [collection, elements] of after.elements) {
    for (const [key, verdict] of elements) {
      if (before.elements.get(collection)?.get(key) !== verdict)
        lines.element(collections[collection], verdict === "" ? key : `${key} : ${verdict}`);
    }
  }
  for (const address of after.hairpins) if (!before.hairpins.has(address)) lines.element(hairpinSet, `${address} . ${address}`);
}

function writeChains({ before, after }: StatementsChange, { family }: ProxyNode, lines: Lines): void {
  const { addressType } = wordsOf(family);
  for (const set of after.sets) {
    if (!before.sets.has(set)) lines.add(`add set`, set, `{ type ${addressType} ; flags dynamic,timeout ; }`);
  }
  for (const [chain, rules] of after.chains) {
    const known = before.chains.get(chain);
    if (known !== undefined && known.join("\n") === rules.join("\n")) continue;
    lines.add(known === undefined ? "add chain" : "flush chain", chain);
    for (const rule of rules) lines.add("add rule", chain, rule);
  }
}

/** Chains go last, emptied first, so that nothing leads to them any more; sets after the chains that look into them. */
function removeChains({ before, after }: StatementsChange, lines: Lines): void {
  const gone = [...before.chains.keys()].filter((chain) => !after.chains.has(chain));
  for (const chain of gone) lines.add("flush chain", chain);
  for (const chain of gone) lines.add("delete chain", chain);
  for (const set of before.sets) if (!after.sets.has(set)) lines.add("delete set", set);
}

/** Commands in order; elements of one set or map are gathered into one command. */
class Lines {
  readonly text: string[] = [];
  readonly #target: string;
  readonly #elements = new Map<string, Set<string>>();

  constructor(target: string) {
    this.#target = target;
  }

  add(command: string, name: string, rest = ""): void {
    this.text.push(`${command} ${this.#target} ${name}${rest === "" ? "" : ` ${rest}`}`);
  }

  element(collection: string, element: string): void {
    const known = this.#elements.get(collection);
    if (known === undefined) this.#elements.set(collection, new Set([element]));
    else known.add(element);
  }

  flushElements(command: "add" | "delete"): void {
    for (const [collection, elements] of this.#elements) this.add(`${command} element`, collection, `{ ${[...elements].join(", ")} }`);
    this.#elements.clear();
  }
}
