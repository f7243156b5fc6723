import { type Configuration, mergeConfigurations, noConfiguration } from "./configuration.ts";
import type { Variable } from "./kustomization.ts";
import { appended, type Resource } from "./resource.ts";
import { mergedVariables } from "./variables.ts";

/** What has been gathered so far: resources, the rules for changing them, and the variables that take values from them. */
export interface Accumulated {
  readonly resources: readonly Resource[];
  readonly configuration: Configuration;
  readonly variables: readonly Variable[];
}

export const nothing: Accumulated = { resources: [], configuration: noConfiguration, variables: [] };

export function together(one: Accumulated, other: Accumulated): Accumulated {
  return {
    resources: appended(one.resources, other.resources),
    configuration: mergeConfigurations(one.configuration, other.configuration),
    variables: mergedVariables(one.variables, other.variables),
  };
}
