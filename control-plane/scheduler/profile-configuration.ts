import type { Plugin, PluginUse, Profile } from "./framework.ts";
import { type PluginArguments, pluginsWith } from "./plugins.ts";

/** The extension points that a profile of a KubeSchedulerConfiguration names. */
export type ExtensionPoint =
  | "preEnqueue"
  | "queueSort"
  | "preFilter"
  | "filter"
  | "postFilter"
  | "preScore"
  | "score"
  | "reserve"
  | "permit"
  | "preBind"
  | "bind"
  | "postBind";

/** The part of a plugin that each is here. */
const parts: Readonly<Record<ExtensionPoint, keyof Plugin>> = {
  preEnqueue: "preEnqueue",
  queueSort: "queueSort",
  preFilter: "preFilter",
  filter: "preFilter",
  postFilter: "postFilter",
  preScore: "preScore",
  score: "preScore",
  reserve: "reserve",
  permit: "permit",
  preBind: "preBind",
  bind: "bind",
  postBind: "postBind",
};

export const extensionPoints: readonly ExtensionPoint[] = Object.keys(parts) as readonly ExtensionPoint[];

/** Which plugins are on and off at an extension point, beside those that are on anyway. `*` among the disabled: all of those. */
export interface PluginSet {
  readonly enabled: readonly { readonly name: string; readonly weight?: number }[];
  readonly disabled: readonly string[];
}

/** A profile as a KubeSchedulerConfiguration has it. `multiPoint` is about all extension points of a plugin; a single one counts more. */
export interface ProfileConfiguration {
  readonly schedulerName: string;
  readonly plugins: { readonly [Point in ExtensionPoint | "multiPoint"]?: PluginSet };
  readonly arguments?: PluginArguments;
}

/** A plugin with the extension points at which it is on. */
interface Chosen {
  readonly plugin: Plugin;
  readonly points: Set<ExtensionPoint>;
  weight: number | undefined;
}

/** What the configuration of a profile makes of the default plugins. Throws `RangeError` for what this scheduler can't do. */
export function createProfile({ schedulerName, plugins: sets, arguments: pluginArguments = {} }: ProfileConfiguration): Profile {
  const chosen = chooseAtAllPoints(pluginsWith(pluginArguments), sets.multiPoint);
  for (const point of extensionPoints) chooseAt(point, chosen, sets[point]);
  const plugins = [...chosen.values()].flatMap(used);
  if (plugins.filter(({ plugin }) => plugin.queueSort !== undefined).length !== 1)
    throw new RangeError(`profile ${schedulerName}: no queue sort plugin is enabled`);
  if (plugins.every(({ plugin }) => plugin.bind === undefined))
    throw new RangeError(`profile ${schedulerName}: at least one bind plugin is needed`);
  return { schedulerName, plugins };
}

function chooseAtAllPoints(
  all: readonly PluginUse[],
  { enabled, disabled }: PluginSet = { enabled: [], disabled: [] },
): Map<string, Chosen> {
  mustExist(all, [...enabled.map(({ name }) => name), ...disabled.filter((name) => name !== "*")]);
  const isOff = (name: string): boolean => disabled.includes(name) || disabled.includes("*");
  const again = new Map(enabled.map((each) => [each.name, each]));
  const choose = ({ plugin, weight }: PluginUse): Chosen => {
    const isOn = again.has(plugin.name) || !isOff(plugin.name);
    return { plugin, points: new Set(isOn ? pointsOf(plugin) : []), weight: again.get(plugin.name)?.weight ?? weight };
  };
  // Those that were off and come again, come last.
  const [stay, come] = [all.filter(({ plugin }) => !isOff(plugin.name)), all.filter(({ plugin }) => isOff(plugin.name))];
  const inOrder = [...stay, ...enabled.flatMap(({ name }) => come.filter(({ plugin }) => plugin.name === name))];
  const rest = come.filter(({ plugin }) => !again.has(plugin.name));
  return new Map([...inOrder, ...rest].map((use) => [use.plugin.name, choose(use)]));
}

function chooseAt(point: ExtensionPoint, chosen: ReadonlyMap<string, Chosen>, set: PluginSet | undefined): void {
  if (set === undefined) return;
  mustExist([...chosen.values()], [...set.enabled.map(({ name }) => name), ...set.disabled.filter((name) => name !== "*")]);
  for (const { plugin, points } of chosen.values())
    if (set.disabled.includes("*") || set.disabled.includes(plugin.name)) points.delete(point);
  for (const { name, weight } of set.enabled) {
    const one = chosen.get(name)!;
    if (one.plugin[parts[point]] === undefined) throw new RangeError(`plugin ${JSON.stringify(name)} does not extend ${point} plugin`);
    one.points.add(point).add(madeBy[point] ?? point);
    if (weight !== undefined) one.weight = weight;
  }
}

function mustExist(all: readonly { readonly plugin: Plugin }[], names: readonly string[]): void {
  const missing = names.find((name) => all.every(({ plugin }) => plugin.name !== name));
  if (missing === undefined) return;
  throw new RangeError(`plugin ${JSON.stringify(missing)} does not exist; there are ${all.map(({ plugin }) => plugin.name).join(", ")}`);
}

function pointsOf(plugin: Plugin): readonly ExtensionPoint[] {
  return extensionPoints.filter((point) => plugin[parts[point]] !== undefined);
}

/** What a plugin asks of every node is made when it looks at the Pod: here the one is the other's. */
const madeBy: Readonly<Partial<Record<ExtensionPoint, ExtensionPoint>>> = { filter: "preFilter", score: "preScore" };

/** The plugin with what is on of it; nothing when nothing is. */
function used({ plugin, points, weight }: Chosen): readonly PluginUse[] {
  for (const [point, before] of Object.entries(madeBy) as [ExtensionPoint, ExtensionPoint][]) {
    if (points.has(point) && !points.has(before))
      throw new RangeError(`plugin ${JSON.stringify(plugin.name)}: ${before} can't be off while ${point} is on`);
    // Alone it would come to nothing.
    if (!points.has(point)) points.delete(before);
  }
  if (points.size === 0) return [];
  const off = new Set<string>(
    pointsOf(plugin)
      .filter((point) => !points.has(point))
      .map((point) => parts[point]),
  );
  const left =
    off.size === 0 ? plugin : (Object.fromEntries(Object.entries(plugin).filter(([part]) => !off.has(part))) as unknown as Plugin);
  return [{ plugin: left, ...(weight === undefined ? {} : { weight }) }];
}
