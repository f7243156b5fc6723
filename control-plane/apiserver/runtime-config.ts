import { stabilityOf } from "@kubets/api";
import { apiVersionOf, type Kind } from "@kubets/machinery";

/** Whether a kind is served, as `--runtime-config` says. */
export type ServedKinds = (kind: Kind) => boolean;

/**
 * Reads `--runtime-config`: entries `api/all`, `api/ga`, `api/beta`, `api/alpha`, `GROUP/VERSION` (the core group's is `api/v1`) and
 * `GROUP/VERSION/RESOURCE`, each with `=true` or `=false` (`true` where nothing is said), joined by commas. A narrower entry wins over a
 * wider one, whatever their order. What isn't mentioned is served if it is stable.
 *
 * Throws a `RangeError` for what can't be read, and for group versions and resources that `known` doesn't have.
 *
 * @example
 * servedBy("api/beta=true,resource.k8s.io/v1beta1=false", allKinds);
 */
export function servedBy(text: string, known: readonly Kind[]): ServedKinds {
  const entries = new Map<string, boolean>();
  for (const entry of text.split(",").map((each) => each.trim())) {
    if (entry === "") continue;
    const [key = "", value = "true"] = entry.split("=").map((each) => each.trim());
    if (value !== "true" && value !== "false") throw unreadable(entry, `"${value}" is neither true nor false`);
    mustBeKnown(entry, key, known);
    entries.set(key, value === "true");
  }
  if (entries.size === 1 && entries.get("api/all") === false) throw unreadable("api/all=false", "with it alone nothing would be served");
  if (entries.size === 0) return ({ version }) => stabilityOf(version) === "stable";
  return (kind) => {
    const groupVersion = keyOf(kind);
    const stability = stabilityOf(kind.version);
    return (
      entries.get(`${groupVersion}/${kind.resource}`) ??
      entries.get(groupVersion) ??
      entries.get(stability === "stable" ? "api/ga" : `api/${stability}`) ??
      entries.get("api/all") ??
      stability === "stable"
    );
  };
}

const wholesale: readonly string[] = ["api/all", "api/ga", "api/beta", "api/alpha"];

function keyOf(kind: Pick<Kind, "group" | "version">): string {
  return kind.group === "" ? `api/${kind.version}` : apiVersionOf(kind);
}

function mustBeKnown(entry: string, key: string, known: readonly Kind[]): void {
  if (wholesale.includes(key)) return;
  const [group, version, resource, ...more] = key.split("/");
  if (version === undefined || more.length > 0)
    throw unreadable(entry, `expected ${wholesale.join(", ")}, GROUP/VERSION or GROUP/VERSION/RESOURCE`);
  const ofVersion = known.filter((kind) => keyOf(kind) === `${group}/${version}`);
  if (ofVersion.length === 0) {
    const versions = [...new Set(known.filter((kind) => keyOf(kind).startsWith(`${group}/`)).map(keyOf))];
    const others = versions.length === 0 ? `there is no API group "${group}"` : `there is ${versions.join(", ")}`;
    throw unreadable(entry, `group version ${group}/${version} is unknown; ${others}`);
  }
  if (resource !== undefined && ofVersion.every((kind) => kind.resource !== resource))
    throw unreadable(
      entry,
      `${group}/${version} has no resource "${resource}"; it has ${ofVersion.map((kind) => kind.resource).join(", ")}`,
    );
}

function unreadable(entry: string, problem: string): RangeError {
  return new RangeError(`Cannot read "${entry}" of --runtime-config: ${problem}`);
}
