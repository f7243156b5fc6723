import { apiVersionOf, type Kind } from "@kubets/machinery";
import { servedGroups } from "./documents.ts";
import { subresourcesOf } from "./subresources.ts";

/** The list of everything that is served, for people: a table for each group and version, in the order of discovery. */
export function apiReference(kinds: readonly Kind[]): string {
  const sections = servedGroups(kinds).flatMap(({ name, versions }) =>
    versions.map((version) => section(apiVersionOf({ group: name, version: version.version }), version.kinds)),
  );
  return `${introduction}\n${sections.join("\n")}`;
}

const introduction = `# The API

Every group, version, kind, verb and subresource that the API server serves. This page is written from the kinds by
\`node --conditions=source tools/api-reference.ts\`; a test compares the two. The fields of a kind are explained by \`kubectl explain\`.

- **verbs**: \`all\` stands for create, delete, deletecollection, get, list, patch, update, watch.
- **subresources**: those without verbs can be read, updated and patched (get, patch, update).
- **beta**: versions that a server serves only when \`--runtime-config\` says so, such as \`--runtime-config=api/beta=true\`.
- Where a kind is stored in another version, the two are one and the same object.
`;

const allVerbs = "create delete deletecollection get list patch update watch";
const readAndWrite = "get patch update";

function section(apiVersion: string, kinds: readonly Kind[]): string {
  return [
    `## ${apiVersion}${apiVersion.includes("beta") ? " (beta, off by default)" : ""}`,
    "",
    "| resource | kind | namespaced | short names | categories | verbs | subresources | what it is |",
    "|---|---|---|---|---|---|---|---|",
    ...kinds.map(row),
    "",
  ].join("\n");
}

function row(kind: Kind): string {
  const verbs = kind.verbs.toSorted().join(" ");
  const cells = [
    kind.resource,
    kind.kind,
    kind.scope === "Namespaced" ? "yes" : "no",
    kind.shortNames.join(", "),
    kind.categories.join(", "),
    verbs === allVerbs ? "all" : verbs.replaceAll(" ", ", "),
    subresourcesOf(kind).map(subresourceText).join("; "),
    descriptionOf(kind),
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function subresourceText({ name, verbs, kind, group, version }: ReturnType<typeof subresourcesOf>[number]): string {
  const answered = group === undefined || version === undefined ? "" : ` (${apiVersionOf({ group, version })} ${kind})`;
  const allowed = verbs.toSorted().join(" ");
  return `${name}${answered}${allowed === readAndWrite ? "" : `: ${allowed.replaceAll(" ", ", ")}`}`;
}

function descriptionOf({ schema, storedAs }: Kind): string {
  const doc = schema.node.type === "object" ? schema.node.doc : "";
  return storedAs === undefined ? doc : `${doc} Stored as ${apiVersionOf(storedAs.kind)} ${storedAs.kind.kind}.`;
}
