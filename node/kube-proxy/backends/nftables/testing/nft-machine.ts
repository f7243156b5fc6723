import { isInRange } from "../../../address-range.ts";
import type { Packet } from "../../../trace.ts";

/** What the table does with a packet: each endpoint that it may lead to, as `address:port`. */
export interface MachineStory {
  readonly verdict: "pass" | "forward" | "reject" | "drop";
  readonly endpoints: readonly string[];
  readonly isMarked: boolean;
}

interface Table {
  readonly chains: Map<string, string[]>;
  /** Verdicts by key; `""` in sets. */
  readonly collections: Map<string, Map<string, string>>;
}

/**
 * Carries out the commands that are written for nft, as far as they use what those of the proxy use, and follows packets through the
 * table. As strict as nft: what is led to must be there, what is deleted must be there and be led to by nothing.
 */
export class NftMachine {
  #table: Table = { chains: new Map(), collections: new Map() };

  /** All of the commands or, when it throws, none. */
  apply(commands: string): void {
    const table: Table = {
      chains: new Map([...this.#table.chains].map(([name, rules]) => [name, [...rules]])),
      collections: new Map([...this.#table.collections].map(([name, elements]) => [name, new Map(elements)])),
    };
    for (const line of commands.split("\n")) if (line !== "") carryOut(line, table);
    this.#table = table;
  }

  /** The table in a form that can be compared, without the order in which things came. */
  contents(): unknown {
    const sorted = <Value>(map: ReadonlyMap<string, Value>): readonly (readonly [string, Value])[] =>
      [...map].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      chains: sorted(this.#table.chains),
      collections: sorted(this.#table.collections).map(([name, elements]) => [name, sorted(elements)]),
    };
  }

  follow(packet: Packet, nodeAddresses: readonly string[]): MachineStory {
    const walk = new Walk(this.#table, packet, nodeAddresses);
    walk.run("services");
    if (walk.endpoints.size > 0) return { verdict: "forward", endpoints: [...walk.endpoints].sort(), isMarked: walk.isMarked };
    const checks = [
      "service-endpoints-check",
      ...(nodeAddresses.includes(packet.destination) ? ["nodeport-endpoints-check"] : ["cluster-ips-check"]),
    ];
    for (const chain of checks) if (walk.refused === undefined) walk.run(chain);
    return { verdict: walk.refused ?? "pass", endpoints: [], isMarked: false };
  }
}

function carryOut(line: string, { chains, collections }: Table): void {
  const match = /^(add|delete|flush) (table|set|map|chain|rule|element) (?:ip|ip6) \S+ ?(\S*) ?(.*)$/.exec(line);
  if (match === null) throw new Error(`Not a command: ${line}`);
  const [, verb, what, name = "", rest = ""] = match;
  const must = (condition: boolean, why: string): void => {
    if (!condition) throw new Error(`${why}: ${line}`);
  };
  const isReferred = (): boolean => {
    const verdicts = [...collections.values()].flatMap((elements) => [...elements.values()]);
    return [...[...chains.values()].flat(), ...verdicts].some((text) => targetsOf(text).includes(name));
  };
  switch (`${verb} ${what}`) {
    case "add table":
      return;
    case "delete table":
      chains.clear();
      return collections.clear();
    case "add set":
    case "add map":
      return void collections.set(name, collections.get(name) ?? new Map());
    case "delete set":
      must(collections.has(name) && !isReferred(), "There is no such set, or it is in use");
      return void collections.delete(name);
    case "add chain":
      return void chains.set(name, chains.get(name) ?? []);
    case "flush chain":
      must(chains.has(name), "There is no such chain");
      return void chains.set(name, []);
    case "delete chain":
      must(chains.get(name)?.length === 0 && !isReferred(), "There is no such chain, or it is in use");
      return void chains.delete(name);
    case "add rule":
      must(chains.has(name), "There is no such chain");
      for (const target of targetsOf(rest)) must(chains.has(target) || collections.has(target), `${target} is not there`);
      return void chains.get(name)!.push(rest);
    case "add element":
    case "delete element": {
      const elements = collections.get(name);
      must(elements !== undefined, "There is no such set");
      for (const element of rest.slice(2, -2).split(", ")) {
        const [key = "", verdict = ""] = element.split(" : ");
        for (const target of targetsOf(verdict)) must(chains.has(target), `${target} is not there`);
        if (verb === "delete") must(elements!.delete(key), `${key} is not there`);
        else must((elements!.get(key) ?? verdict) === verdict, `${key} is there with another verdict`);
        if (verb === "add") elements!.set(key, verdict);
      }
      return;
    }
    default:
      throw new Error(`Not a command of the proxy: ${line}`);
  }
}

function targetsOf(text: string): readonly string[] {
  return [...text.matchAll(/(?:goto |jump |@)([\w./-]+)/g)].map(([, target]) => target!);
}

/** The way of one packet; where chance decides, all of its ways. */
class Walk {
  readonly endpoints = new Set<string>();
  isMarked = false;
  refused: "reject" | "drop" | undefined;
  readonly #table: Table;
  readonly #packet: Packet;
  readonly #nodeAddresses: readonly string[];

  constructor(table: Table, packet: Packet, nodeAddresses: readonly string[]) {
    this.#table = table;
    this.#packet = packet;
    this.#nodeAddresses = nodeAddresses;
  }

  /** Whether the packet's way ends in the chain, or in one that it leads to. */
  run(chain: string): boolean {
    for (const rule of this.#table.chains.get(chain) ?? []) {
      const ended = this.#rule(rule);
      if (ended !== "next") return ended === "end";
    }
    return false;
  }

  #rule(rule: string): "next" | "return" | "end" {
    let rest = rule;
    for (;;) {
      const condition = this.#condition(rest);
      if (condition === undefined) return this.#action(rest);
      if (!condition.holds) return "next";
      rest = condition.rest;
    }
  }

  /** The first condition of a rule, and what comes after it. */
  #condition(rule: string): { readonly holds: boolean; readonly rest: string } | undefined {
    const { source, destination, protocol } = this.#packet;
    const conditions: readonly (readonly [RegExp, (value: string) => boolean])[] = [
      [/^ip daddr @(\S+) /, (set) => this.#table.collections.get(set)!.has(destination)],
      // Nobody was here before: no client is remembered.
      [/^ip saddr @(\S+) /, () => false],
      [/^ip saddr != (\S+) /, (range) => !isInRange(source, range)],
      [/^ip saddr (\S+\/\d+) /, (range) => isInRange(source, range)],
      [/^ip daddr != (\S+) /, (range) => !isInRange(destination, range)],
      [/^fib daddr type local /, () => this.#nodeAddresses.includes(destination) || isInRange(destination, "127.0.0.0/8")],
      [/^fib saddr type local /, () => this.#nodeAddresses.includes(source)],
      [/^meta l4proto (tcp|udp|sctp) /, (wanted) => wanted === protocol],
    ];
    for (const [pattern, holds] of conditions) {
      const match = pattern.exec(rule);
      if (match !== null) return { holds: holds(match[1] ?? ""), rest: rule.slice(match[0].length) };
    }
    return undefined;
  }

  #action(action: string): "next" | "return" | "end" {
    const { destination, protocol, port } = this.#packet;
    const [, how, target = ""] = /^(jump|goto) (\S+)$/.exec(action) ?? [];
    if (how === "jump") return this.run(target) ? "end" : "next";
    if (how === "goto") return this.run(target) ? "end" : "return";
    const looked = /^(ip daddr \. )?meta l4proto \. th dport vmap @(\S+)$/.exec(action);
    if (looked !== null) {
      const key = `${looked[1] === undefined ? "" : `${destination} . `}${protocol} . ${port}`;
      const verdict = this.#table.collections.get(looked[2]!)!.get(key);
      return verdict === undefined ? "next" : this.#action(verdict);
    }
    const chances = /^numgen random mod (\d+) vmap \{ (.*) \}$/.exec(action);
    if (chances !== null) {
      for (const verdict of valuesOf(chances[2]!, Number(chances[1]))) this.#action(verdict);
      return "end";
    }
    const spread = /^dnat ip to numgen random mod (\d+) map \{ (.*) \}$/.exec(action);
    if (spread !== null) {
      for (const place of valuesOf(spread[2]!, Number(spread[1]))) this.endpoints.add(place.replace(" . ", ":"));
      return "end";
    }
    if (action.startsWith("dnat to ")) {
      this.endpoints.add(action.slice("dnat to ".length));
      return "end";
    }
    if (action === "drop" || action === "reject") {
      this.refused = action;
      return "end";
    }
    if (action.startsWith("meta mark set meta mark | ")) {
      this.isMarked = true;
      return "next";
    }
    if (action.startsWith("update @")) return "next";
    throw new Error(`Not a rule of the proxy: ${action}`);
  }
}

/** The values of a map from the numbers below `count`, all of which must be there. */
function valuesOf(text: string, count: number): readonly string[] {
  const values = new Map(text.split(", ").map((entry) => entry.split(" : ") as [string, string]));
  return Array.from({ length: count }, (_, index) => {
    const value = values.get(String(index));
    if (value === undefined || values.size !== count) throw new Error(`A map of ${count} chances has ${text}`);
    return value;
  });
}
