/** Versions as semver.org has them. */
export interface SemanticVersion {
  readonly numbers: readonly [major: bigint, minor: bigint, patch: bigint];
  readonly prerelease: readonly string[];
  readonly build: readonly string[];
}

/** The version, or what is wrong with the text. */
export function parseSemanticVersion(given: string): SemanticVersion | string {
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

/** Less than 0 when `a` comes before `b`. What was added to a build doesn't count. */
export function compareSemanticVersions(a: SemanticVersion, b: SemanticVersion): number {
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
