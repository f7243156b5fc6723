import { parseDuration } from "@kubets/machinery";

/** Go's durations, and days, which a test likes to skip: `30d`, `1h30m`; or milliseconds as they are. */
export function millisecondsOf(duration: string | number): number {
  if (typeof duration === "number") return duration;
  const [, sign = "", days, rest = duration] = /^(-?)(\d+)d(.*)$/.exec(duration) ?? [];
  const parsed = rest === "" && days !== undefined ? 0n : parseDuration(rest);
  if (parsed === undefined || duration === "")
    throw new RangeError(`Cannot read the duration "${duration}": expected one such as 30d, 1h30m or 500ms`);
  return (Number(days ?? 0) * 86_400_000 + Number(parsed) / 1e6) * (sign === "" ? 1 : -1);
}
