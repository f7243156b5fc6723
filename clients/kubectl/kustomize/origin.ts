import { formatYaml } from "@kubets/machinery";

/** Where a resource comes from, or what made or changed it. */
export interface Origin {
  /** The file, as seen from the folder that is built. */
  readonly path?: string;
  /** The file of the kustomization, or of the plugin, that says so. */
  readonly configuredIn?: string;
  readonly configuredBy?: { readonly apiVersion: string; readonly kind: string; readonly name?: string; readonly namespace?: string };
}

/** What is said of how resources came to be, where a kustomization asks for it. */
export const originAnnotation = "config.kubernetes.io/origin";
export const transformationsAnnotation = "alpha.config.kubernetes.io/transformations";

/** In the order in which upstream writes it. */
export function describeOrigin({ path, configuredIn, configuredBy }: Origin): string {
  const parts = [
    path === undefined ? {} : { path },
    configuredIn === undefined ? {} : { configuredIn },
    configuredBy === undefined ? {} : { configuredBy },
  ];
  return parts.map((part) => (Object.keys(part).length === 0 ? "" : formatYaml(part))).join("");
}

export function describeTransformations(transformations: readonly Origin[]): string {
  return transformations.map((each) => `- ${describeOrigin(each).trimEnd().replaceAll("\n", "\n  ")}\n`).join("");
}
