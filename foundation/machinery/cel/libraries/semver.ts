import { declare, global, method, type Library } from "../declarations.ts";
import { failure } from "../errors.ts";
import { boolType, intType, opaqueType, stringType } from "../types.ts";
import { CelOpaque, toInt, type CelInt } from "../values.ts";
import { parsing } from "./quantity.ts";

export const semverType: CelOpaque["type"] = opaqueType("kubernetes.Semver");

interface Version {
  readonly numbers: readonly [major: bigint, minor: bigint, patch: bigint];
  readonly prerelease: readonly string[];
  readonly build: readonly string[];
}

export class CelSemver extends CelOpaque {
  override readonly type: CelOpaque["type"] = semverType;
  readonly version: Version;

  constructor(version: Version) {
    super();
    this.version = version;
  }

  override equals(other: CelOpaque): boolean {
    return other instanceof CelSemver && compareVersions(this.version, other.version) === 0;
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

/** The version, or what is wrong with the text. */
function parse(text: string, normalize: boolean): Version | string {
  const given = normalize ? normalized(text) : text;
  if (given === undefined) return "short version cannot contain PreRelease/Build meta data";
  if (given === "") return "Version string empty";
  const plus = given.indexOf("+");
  const [core, buildText] = plus < 0 ? [given] : [given.slice(0, plus), given.slice(plus + 1)];
  const [major, minor, ...rest] = core!.split(".");
  if (minor === undefined || rest.length === 0) return "No Major.Minor.Patch elements found";
  const last = rest.join(".");
  const dash = last.indexOf("-");
  const [patch, prereleaseText] = dash < 0 ? [last] : [last.slice(0, dash), last.slice(dash + 1)];
  const named: readonly (readonly [string, string])[] = [
    ["major", major!],
    ["minor", minor],
    ["patch", patch!],
  ];
  for (const [name, number] of named) {
    const Name = name[0]!.toUpperCase() + name.slice(1);
    if (!/^[0-9]+$/.test(number)) return `Invalid character(s) found in ${name} number ${JSON.stringify(number)}`;
    if (number.length > 1 && number.startsWith("0")) return `${Name} number must not contain leading zeroes ${JSON.stringify(number)}`;
    if (BigInt(number) >= 2n ** 64n) return `strconv.ParseUint: parsing ${JSON.stringify(number)}: value out of range`;
  }
  const prerelease = prereleaseText?.split(".") ?? [];
  const build = buildText?.split(".") ?? [];
  for (const part of prerelease) {
    if (part === "") return "Prerelease is empty";
    if (!/^[0-9A-Za-z-]+$/.test(part)) return `Invalid character(s) found in prerelease ${JSON.stringify(part)}`;
    if (/^0[0-9]+$/.test(part)) return `Numeric PreRelease version must not contain leading zeroes ${JSON.stringify(part)}`;
  }
  for (const part of build) {
    if (part === "") return "Build meta data is empty";
    if (!/^[0-9A-Za-z-]+$/.test(part)) return `Invalid character(s) found in build meta data ${JSON.stringify(part)}`;
  }
  return { numbers: [BigInt(major!), BigInt(minor), BigInt(patch!)], prerelease, build };
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
  return compareVersions(a.version, b.version);
}

/** What was added to a build doesn't count. */
function compareVersions(a: Version, b: Version): number {
  for (let index = 0; index < 3; index++) {
    const [left, right] = [a.numbers[index]!, b.numbers[index]!];
    if (left !== right) return left < right ? -1 : 1;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return Math.sign(b.prerelease.length - a.prerelease.length);
  for (let index = 0; index < Math.min(a.prerelease.length, b.prerelease.length); index++) {
    const order = comparePrerelease(a.prerelease[index]!, b.prerelease[index]!);
    if (order !== 0) return order;
  }
  return Math.sign(a.prerelease.length - b.prerelease.length);
}

/** Numbers come before texts, and by their value. */
function comparePrerelease(a: string, b: string): number {
  const [numberA, numberB] = [/^[0-9]+$/.test(a), /^[0-9]+$/.test(b)];
  if (numberA !== numberB) return numberA ? -1 : 1;
  const [left, right] = numberA ? [BigInt(a), BigInt(b)] : [a, b];
  return left < right ? -1 : left > right ? 1 : 0;
}
