import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { type JsonObject, listAt, objectAt, textAt, valueAt } from "../json-object.ts";
import { printerFlags, objectPrinter } from "../printers/object-printer.ts";
import { alignTabs, tableLayout } from "../printers/tab-writer.ts";
import type { ApiResource } from "../requests/api-resource.ts";
import type { Connection } from "../requests/connection.ts";

const review = "/apis/authorization.k8s.io/v1";

/** `auth can-i VERB TYPE[/NAME]`, `auth can-i --list`, `auth whoami`. */
export const auth: Command = {
  flags: [
    ...printerFlags,
    { name: "all-namespaces", short: "A", takes: "nothing" },
    { name: "list", takes: "nothing" },
    { name: "no-headers", takes: "nothing" },
    { name: "quiet", short: "q", takes: "nothing" },
    { name: "subresource", takes: "text" },
  ],
  async run(invocation) {
    const [what, ...args] = invocation.args;
    if (what === "whoami") return whoAmI(invocation);
    if (what !== "can-i") throw new CommandError(`unknown command "${what ?? ""}" for "kubectl auth": it is can-i or whoami`);
    return invocation.flags.is("list") ? listRules(invocation) : canI({ ...invocation, args });
  },
};

async function whoAmI({ flags, io, connect }: Invocation): Promise<void> {
  const { api } = await connect();
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const answer = await api.request({ method: "POST", path: "/apis/authentication.k8s.io/v1/selfsubjectreviews", body });
  const printer = await objectPrinter(flags, io);
  if (printer !== undefined) return io.out(printer([answer], { asList: false }));
  const user = objectAt(answer, "status", "userInfo");
  const listed = (value: unknown): string => `[${(Array.isArray(value) ? value : []).join(" ")}]`;
  const rows = [
    ["ATTRIBUTE", "VALUE"],
    ...(textAt(user, "username") === "" ? [] : [["Username", textAt(user, "username")]]),
    ...(textAt(user, "uid") === "" ? [] : [["UID", textAt(user, "uid")]]),
    ...(user["groups"] === undefined ? [] : [["Groups", listed(user["groups"])]]),
    ...Object.entries(objectAt(user, "extra")).map(([key, values]) => [`Extra: ${key}`, listed(values)]),
  ];
  io.out(alignTabs(rows.map((row) => `${row.join("\t")}\n`).join(""), tableLayout));
}

async function canI({ args, flags, io, connect }: Invocation): Promise<number> {
  const connection = await connect();
  const [verb, what, named] = args;
  if (verb === undefined || what === undefined || args.length > 3)
    throw new CommandError(
      "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
    );
  const namespace = flags.is("all-namespaces") ? "" : connection.namespace;
  const spec = what.startsWith("/")
    ? { nonResourceAttributes: { verb, path: what } }
    : {
        resourceAttributes: {
          verb,
          ...(await resourceOf(what, named, connection, io)),
          namespace,
          subresource: flags.text("subresource") ?? "",
        },
      };
  const body = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec };
  const { status } = await connection.api.request({ method: "POST", path: `${review}/selfsubjectaccessreviews`, body });
  const isAllowed = valueAt(status, "allowed") === true;
  const why = isAllowed ? [] : [textAt(status, "reason"), textAt(status, "evaluationError")].filter((text) => text !== "");
  if (!flags.is("quiet")) io.out(`${[isAllowed ? "yes" : "no", ...why].join(" - ")}\n`);
  return isAllowed ? 0 : 1;
}

async function resourceOf(
  what: string,
  named: string | undefined,
  connection: Connection,
  io: Invocation["io"],
): Promise<Readonly<Record<string, string>>> {
  const [type = "", name = named ?? ""] = what.split("/");
  if (type === "*") return { group: "*", resource: "*", name };
  let resource: ApiResource;
  try {
    resource = (await connection.resources()).named(type);
  } catch {
    const [plural = "", ...group] = type.split(".");
    io.error(
      group.length === 0
        ? `Warning: the server doesn't have a resource type '${plural}'\n\n`
        : `Warning: the server doesn't have a resource type '${plural}' in group '${group.join(".")}'\n\n`,
    );
    return { group: group.join("."), resource: plural, name };
  }
  if (!resource.namespaced) {
    const inGroup = resource.group === "" ? "" : ` in group '${resource.group}'`;
    io.error(`Warning: resource '${resource.resource}' is not namespace scoped${inGroup}\n\n`);
  }
  return { group: resource.group, resource: resource.resource, name };
}

interface Rule {
  readonly resource: string;
  readonly group: string;
  readonly url: string;
  readonly names: readonly string[];
  readonly verbs: readonly string[];
}

async function listRules({ flags, io, connect }: Invocation): Promise<void> {
  const { api, namespace } = await connect();
  const body = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } };
  const { status } = await api.request({ method: "POST", path: `${review}/selfsubjectrulesreviews`, body });
  const words = (rule: JsonObject, member: string): readonly string[] => (Array.isArray(rule[member]) ? (rule[member] as string[]) : []);
  const merged = new Map<string, Rule>();
  for (const rule of listAt(status, "resourceRules")) {
    const names = words(rule, "resourceNames");
    for (const resource of words(rule, "resources"))
      for (const group of words(rule, "apiGroups")) {
        const key = JSON.stringify([group, resource, names]);
        const verbs = [...new Set([...(merged.get(key)?.verbs ?? []), ...words(rule, "verbs")])];
        merged.set(key, { resource, group, url: "", names, verbs });
      }
  }
  const ofUrls = listAt(status, "nonResourceRules").flatMap((rule) =>
    words(rule, "nonResourceURLs").map((url): Rule => ({ resource: "", group: "", url, names: [], verbs: words(rule, "verbs") })),
  );
  const rows = [...merged.values(), ...ofUrls].toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  const head = flags.is("no-headers") ? "" : "Resources\tNon-Resource URLs\tResource Names\tVerbs\n";
  const lines = rows.map((rule) => `${qualified(rule)}\t${listed(rule.url)}\t[${rule.names.join(" ")}]\t[${rule.verbs.join(" ")}]\n`);
  io.out(alignTabs(head + lines.join(""), tableLayout));
}

/** By verbs, groups, resources, names and URLs, each in brackets, as upstream orders them. */
function orderOf({ verbs, group, resource, names, url }: Rule): string {
  const place = url === "" ? [`[${group}]`, `[${resource}]`] : ["[]", "[]"];
  return [`[${verbs.join(" ")}]`, ...place, `[${names.join(" ")}]`, listed(url)].join("\n");
}

function qualified({ group, resource }: Rule): string {
  const [plural = "", ...sub] = resource.split("/");
  return group === "" ? resource : [`${plural}.${group}`, ...sub].join("/");
}

function listed(text: string): string {
  return `[${text}]`;
}
