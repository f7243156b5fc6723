import { CommandError } from "../errors.ts";
import type { ApiResource, ApiResources } from "./api-resource.ts";

/** What the arguments of a command name: a whole resource, or one object of it. */
export interface Selected {
  readonly resource: ApiResource;
  /** Absent: all of them. */
  readonly name?: string;
}

/**
 * Reads `pods`, `pods,svc`, `all`, `pod a b`, `pod/a svc/b`.
 *
 * Throws in kubectl's words when both forms are mixed, or a type is not served.
 */
export function selectResources(args: readonly string[], resources: ApiResources): readonly Selected[] {
  if (args.some((arg) => arg.includes("/"))) {
    return args.map((arg) => {
      const [type = "", name = "", ...more] = arg.split("/");
      if (!arg.includes("/"))
        throw new CommandError(
          "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
        );
      if (type === "" || name === "" || more.length > 0)
        throw new CommandError("arguments in resource/name form must have a single resource and name");
      return { resource: resources.named(type), name };
    });
  }
  const [types = "", ...names] = args;
  const named = types
    .split(",")
    .filter((type) => type !== "")
    .flatMap((type) => {
      const category = resources.inCategory(type);
      return category.length > 0 ? category : [resources.named(type)];
    });
  if (names.length === 0) return named.map((resource) => ({ resource }));
  return named.flatMap((resource) => names.map((name) => ({ resource, name })));
}
