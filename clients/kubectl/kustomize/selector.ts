import { matchesLabels, parseLabelSelector, regularExpression, StatusError } from "@kubets/machinery";
import { CommandError } from "../errors.ts";
import type { Selector } from "./kustomization.ts";
import { namespaceThatCounts } from "./resource-id.ts";
import { annotationsOf, currentId, labelsOf, originalId, type Resource } from "./resource.ts";

/** Whether a resource is meant: names and namespaces may be those of today or those at first. Throws for a selector that is none. */
export function isSelected(selector: Selector): (resource: Resource) => boolean {
  const [group, version, kind, name, namespace] = (["group", "version", "kind", "name", "namespace"] as const).map((part) =>
    wholeText(selector[part]),
  ) as [Matches, Matches, Matches, Matches, Matches];
  const matchesTexts = textSelector(selector);
  return (resource) => {
    const [now, then] = [currentId(resource), originalId(resource)];
    if (!namespace(namespaceThatCounts(then)) && !namespace(namespaceThatCounts(now))) return false;
    if (!name(then.name) && !name(now.name)) return false;
    return group(now.group) && version(now.version) && kind(now.kind) && matchesTexts(resource);
  };
}

/** Whether labels and annotations are as a selector wants them. */
export function textSelector(selector: Pick<Selector, "labelSelector" | "annotationSelector">): (resource: Resource) => boolean {
  const labels = parsed(selector.labelSelector);
  const annotations = parsed(selector.annotationSelector);
  return (resource) => matchesLabels(labels, labelsOf(resource)) && matchesLabels(annotations, annotationsOf(resource));
}

function parsed(text: string): ReturnType<typeof parseLabelSelector> {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new CommandError(error.message, { cause: error });
  }
}

type Matches = (text: string) => boolean;

function wholeText(pattern: string): Matches {
  if (pattern === "") return () => true;
  const expression = regularExpression(`^(?:${pattern})$`);
  if ("problem" in expression) throw new CommandError(expression.problem);
  return (text) => expression.test(text);
}
