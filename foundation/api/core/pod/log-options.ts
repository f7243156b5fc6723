import { badRequest, type Instant, parseTime } from "@kubets/machinery";

export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  /** Lines before it are left out. */
  readonly since?: Instant;
  readonly stream?: "stdout" | "stderr";
}

/** What a client wants of a log. Throws `BadRequest`. */
export function parseLogOptions(query: URLSearchParams, now: Instant): LogOptions {
  const count = (name: string, least: number): number | undefined => {
    const text = query.get(name);
    if (text === null || text === "") return undefined;
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least)
      throw badRequest(`invalid ${name} ${JSON.stringify(text)}: must be a whole number of at least ${least}`);
    return value;
  };
  const isTrue = (name: string): boolean => ["true", "1"].includes(query.get(name) ?? "");
  const [tailLines, limitBytes, sinceSeconds] = [count("tailLines", 0), count("limitBytes", 1), count("sinceSeconds", 1)];
  const sinceTime = query.get("sinceTime");
  const parsed = sinceTime === null || sinceTime === "" ? undefined : parseTime(sinceTime);
  if (sinceTime !== null && sinceTime !== "" && parsed === undefined) throw badRequest(`invalid sinceTime ${JSON.stringify(sinceTime)}`);
  const since = sinceSeconds === undefined ? parsed : ((now - sinceSeconds * 1000) as Instant);
  const stream = query.get("stream");
  return {
    follow: isTrue("follow"),
    previous: isTrue("previous"),
    timestamps: isTrue("timestamps"),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(since === undefined ? {} : { since }),
    ...(stream === "Stdout" ? { stream: "stdout" as const } : stream === "Stderr" ? { stream: "stderr" as const } : {}),
  };
}
