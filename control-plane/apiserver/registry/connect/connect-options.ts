import type { Kind } from "@kubets/machinery";

const names: Readonly<Record<string, string>> = { exec: "Exec", attach: "Attach", portforward: "PortForward", proxy: "Proxy" };
const flags = ["stdin", "stdout", "stderr", "tty"] as const;

/** The options of a connection as the object that they are: a `PodAttachOptions`, a `ServiceProxyOptions` and so on. */
export function connectOptions(
  { kind }: Pick<Kind, "kind">,
  subresource: string,
  query: URLSearchParams,
): Readonly<Record<string, unknown>> {
  const container = query.get("container") ?? "";
  const path = query.get("path") ?? "";
  const ports = query.getAll("ports").flatMap((each) => each.split(",").map(Number));
  return {
    kind: `${kind}${names[subresource] ?? ""}Options`,
    apiVersion: "v1",
    ...Object.fromEntries(flags.filter((flag) => isSet(query.get(flag))).map((flag) => [flag, true])),
    ...(container === "" ? {} : { container }),
    ...(query.has("command") ? { command: query.getAll("command") } : {}),
    ...(ports.length === 0 ? {} : { ports }),
    ...(path === "" ? {} : { path }),
  };
}

/** As upstream reads query parameters: whatever does not say no says yes. */
function isSet(value: string | null): boolean {
  return value !== null && !["", "0", "false", "F", "f", "FALSE", "False"].includes(value);
}
