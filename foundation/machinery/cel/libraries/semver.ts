import { compareSemanticVersions, parseSemanticVersion, type SemanticVersion } from "../../semantic-version.ts";
import { declare, global, method, type Library } from "../declarations.ts";
import { failure } from "../errors.ts";
import { boolType, intType, opaqueType, stringType } from "../types.ts";
import { CelOpaque, toInt, type CelInt } from "../values.ts";
import { parsing } from "./quantity.ts";

export const semverType: CelOpaque["type"] = opaqueType("kubernetes.Semver");

export class CelSemver extends CelOpaque {
  override readonly type: CelOpaque["type"] = semverType;
  readonly version: SemanticVersion;

  constructor(version: SemanticVersion) {
    super();
    this.version = version;
  }

  override equals(other: CelOpaque): boolean {
    return other instanceof CelSemver && compareSemanticVersions(this.version, other.version) === 0;
  }
}

const pair = [semverType, semverType];

/** Versions as semver.org has them; with `true` as second argument also such as `v1.2`. */
export const semverLibrary: Library = {
  types: { "kubernetes.Semver": semverType },
  functions: [
    declare(
      "semver",
      global("string_to_semver", [stringType], semverType, convert, parsing),
      global("string_bool_to_semver", [stringType, boolType], semverType, convert, parsing),
    ),
    declare(
      "isSemver",
      global("is_semver_string", [stringType], boolType, isVersion, parsing),
      global("is_semver_string_bool", [stringType, boolType], boolType, isVersion, parsing),
    ),
    declare(
      "isGreaterThan",
      method("semver_is_greater_than", pair, boolType, (a: CelSemver, b: CelSemver) => compare(a, b) > 0),
    ),
    declare(
      "isLessThan",
      method("semver_is_less_than", pair, boolType, (a: CelSemver, b: CelSemver) => compare(a, b) < 0),
    ),
    declare("compareTo", method("semver_compare_to", pair, intType, compare)),
    declare(
      "major",
      method("semver_major", [semverType], intType, ({ version }: CelSemver): CelInt => toInt(version.numbers[0])),
    ),
    declare(
      "minor",
      method("semver_minor", [semverType], intType, ({ version }: CelSemver): CelInt => toInt(version.numbers[1])),
    ),
    declare(
      "patch",
      method("semver_patch", [semverType], intType, ({ version }: CelSemver): CelInt => toInt(version.numbers[2])),
    ),
  ],
};

function convert(text: string, normalize = false): CelSemver {
  const version = parse(text, normalize);
  if (typeof version === "string") throw failure(version);
  return new CelSemver(version);
}

function isVersion(text: string, normalize = false): boolean {
  return typeof parse(text, normalize) !== "string";
}

function parse(text: string, normalize: boolean): SemanticVersion | string {
  const given = normalize ? normalized(text) : text;
  return given === undefined ? "short version cannot contain PreRelease/Build meta data" : parseSemanticVersion(given);
}

/** `v1.02` becomes `1.2.0`. `undefined` for a short version with more than numbers. */
function normalized(text: string): string | undefined {
  const pieces = text.replace(/^v/, "").split(".");
  const parts = pieces.length > 3 ? [...pieces.slice(0, 2), pieces.slice(2).join(".")] : pieces;
  const stripped = parts.map((part) => (part.length > 1 ? part.replace(/^0+(?=.*)/, "").replace(/^(?![0-9])/, "0") : part));
  if (stripped.length < 3 && /[+-]/.test(stripped.at(-1)!)) return undefined;
  while (stripped.length < 3) stripped.push("0");
  return stripped.join(".");
}

function compare(a: CelSemver, b: CelSemver): number {
  return compareSemanticVersions(a.version, b.version);
}
