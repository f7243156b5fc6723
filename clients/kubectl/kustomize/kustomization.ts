import type { FieldSpec } from "./field-specs.ts";

export type Texts = Readonly<Record<string, string>>;

/** Which resources something is done to; each part is a regular expression, and admits anything when it is empty. */
export interface Selector {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly labelSelector: string;
  readonly annotationSelector: string;
}

export interface Patch {
  readonly path: string;
  readonly patch: string;
  readonly target?: Selector;
  readonly options: Readonly<Record<string, boolean>>;
}

export interface Label {
  readonly pairs: Texts;
  readonly includeSelectors: boolean;
  readonly includeTemplates: boolean;
  readonly fields: readonly FieldSpec[];
}

export interface Image {
  readonly name: string;
  readonly newName: string;
  readonly newTag: string;
  readonly tagSuffix: string;
  readonly digest: string;
}

export interface GeneratorOptions {
  readonly labels: Texts;
  readonly annotations: Texts;
  readonly disableNameSuffixHash: boolean;
  readonly immutable: boolean;
}

/** A ConfigMap or Secret that is made. */
export interface Generator {
  readonly name: string;
  readonly namespace: string;
  readonly behavior: string;
  readonly literals: readonly string[];
  readonly files: readonly string[];
  readonly envs: readonly string[];
  readonly env: string;
  readonly options?: GeneratorOptions;
  /** Of a Secret. */
  readonly type?: string;
}

export interface FieldOptions {
  readonly delimiter: string;
  readonly index: number;
  readonly encoding: string;
  readonly create: boolean;
}

export type Place = Pick<Selector, "group" | "version" | "kind" | "name" | "namespace">;

export interface Replacement {
  readonly source?: Place & { readonly fieldPath: string; readonly options?: FieldOptions };
  readonly targets?: readonly ReplacementTarget[];
}

export interface ReplacementTarget {
  readonly select?: Selector;
  readonly reject: readonly Selector[];
  readonly fieldPaths: readonly string[];
  readonly options?: FieldOptions;
}

export interface Variable {
  readonly name: string;
  readonly objref: Place & { readonly apiVersion: string };
  readonly fieldref: { readonly fieldPath: string };
}

export interface SortOptions {
  readonly order: string;
  readonly legacySortOptions?: { readonly orderFirst: readonly string[]; readonly orderLast: readonly string[] };
}

/** The file that says what is to be made of which resources. What it doesn't say is empty. */
export interface Kustomization {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: unknown;
  readonly openapi: Texts;
  readonly namePrefix: string;
  readonly nameSuffix: string;
  readonly namespace: string;
  readonly commonLabels: Texts;
  readonly labels: readonly Label[];
  readonly commonAnnotations: Texts;
  readonly patchesStrategicMerge: readonly string[];
  readonly patchesJson6902: readonly Patch[];
  readonly patches: readonly Patch[];
  readonly images: readonly Image[];
  readonly imageTags: readonly Image[];
  readonly replacements: readonly (Replacement & { readonly path: string })[];
  readonly replicas: readonly { readonly name: string; readonly count: number }[];
  readonly vars: readonly Variable[];
  readonly sortOptions?: SortOptions;
  readonly resources: readonly string[];
  readonly components: readonly string[];
  readonly crds: readonly string[];
  readonly bases: readonly string[];
  readonly configMapGenerator: readonly Generator[];
  readonly secretGenerator: readonly Generator[];
  readonly helmGlobals?: unknown;
  readonly helmCharts: readonly unknown[];
  readonly helmChartInflationGenerator: readonly unknown[];
  readonly generatorOptions?: GeneratorOptions;
  readonly configurations: readonly string[];
  readonly generators: readonly string[];
  readonly transformers: readonly string[];
  readonly validators: readonly string[];
  readonly buildMetadata: readonly string[];
}
