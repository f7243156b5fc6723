import { expect, test } from "vitest";
import { defaultProfile } from "./plugins.ts";
import { createProfile, type ProfileConfiguration } from "./profile-configuration.ts";

const profileOf = (plugins: ProfileConfiguration["plugins"] = {}): ReturnType<typeof createProfile> =>
  createProfile({ schedulerName: "default-scheduler", plugins });
const namesOf = ({ plugins }: ReturnType<typeof createProfile>): readonly string[] => plugins.map(({ plugin }) => plugin.name);
const off = (...names: readonly string[]): { readonly enabled: []; readonly disabled: readonly string[] } => ({
  enabled: [],
  disabled: names,
});

test("a profile that configures nothing is the default one", () => {
  const shape = ({ plugins }: ReturnType<typeof createProfile>): unknown =>
    plugins.map(({ plugin, weight }) => [plugin.name, weight, Object.keys(plugin).toSorted()]);
  expect(shape(profileOf())).toEqual(shape(defaultProfile));
});

test("a plugin is off at all points, or at some: the rest of it goes on", () => {
  expect(namesOf(profileOf({ multiPoint: off("TaintToleration") }))).not.toContain("TaintToleration");
  const { plugin } = profileOf({ score: off("TaintToleration") }).plugins.find((use) => use.plugin.name === "TaintToleration")!;
  expect([plugin.preFilter !== undefined, plugin.preScore]).toEqual([true, undefined]);
});

test("all are off but those that come again, in their order and with their weight", () => {
  const enabled = ["DefaultBinder", "PrioritySort", "NodeResourcesFit"].map((name) => ({ name, weight: 4 }));
  const profile = profileOf({ multiPoint: { enabled, disabled: ["*"] } });
  expect(profile.plugins.map(({ plugin, weight }) => [plugin.name, weight])).toEqual(enabled.map(({ name }) => [name, 4]));
});

test("a plugin that is off may come again at one point", () => {
  const only = { multiPoint: off("NodeAffinity"), score: { enabled: [{ name: "NodeAffinity", weight: 9 }], disabled: [] } };
  const use = profileOf(only).plugins.find(({ plugin }) => plugin.name === "NodeAffinity")!;
  expect([use.weight, use.plugin.preFilter, use.plugin.preScore !== undefined]).toEqual([9, undefined, true]);
});

test("a profile that could not schedule is refused", () => {
  expect(() => profileOf({ queueSort: off("*") })).toThrow("no queue sort plugin is enabled");
  expect(() => profileOf({ bind: off("DefaultBinder") })).toThrow("at least one bind plugin is needed");
  expect(() => profileOf({ preFilter: off("NodeAffinity") })).toThrow("preFilter can't be off while filter is on");
});
