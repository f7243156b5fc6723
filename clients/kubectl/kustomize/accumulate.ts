import { CommandError } from "../errors.ts";
import { type Accumulated, nothing, together } from "./accumulated.ts";
import { defaultConfiguration, mergeConfigurations } from "./configuration.ts";
import type { Files, Root } from "./files.ts";
import { absorbed, generated } from "./generators.ts";
import type { Origin } from "./origin.ts";
import { MalformedYaml, readResources } from "./read-resources.ts";
import { appended, type Resource } from "./resource.ts";
import { readTarget, type Target } from "./target.ts";
import { transformersOf } from "./transformers/of-kustomization.ts";
import type { Transformer } from "./transformers/transformer.ts";
import { mergedVariables, withVariables } from "./variables.ts";

/** What stays the same for all kustomizations of a build. */
export interface Build {
  readonly files: Files;
  readonly warn: (text: string) => void;
}

/** A kustomization where it is used: `folder` is where it stands as seen from the one that is built, if anybody asks where things come from. */
export interface Place {
  readonly target: Target;
  readonly folder: string | undefined;
  readonly build: Build;
}

/**
 * Gathers what a kustomization makes: its resources and those of its bases, what it generates, and all that its components add, gone
 * through its own steps. `base` is what is there already, for a component. Names aren't final yet, nor are references to them.
 */
export async function accumulate(place: Place, base: Accumulated = nothing): Promise<Accumulated> {
  const { kustomization, root } = place.target;
  const gathered = await within("accumulating resources", () => gather(place, kustomization.resources, base));
  const configured = { ...gathered, configuration: mergeConfigurations(gathered.configuration, await configurationOf(place.target)) };
  const made = await runGenerators(place, configured);
  const complete = await within("accumulating components", () => addComponents(place, made));
  const steps = [...(await transformersOf(place.target, complete.configuration)), ...(await pluginsOf(place))];
  const resources = steps.reduce((current, step) => transformed(current, step, place), complete.resources);
  await refuseValidators(root, kustomization.validators);
  return {
    ...complete,
    resources: withVariables(resources, kustomization.vars),
    variables: mergedVariables(complete.variables, kustomization.vars),
  };
}

/** What is named as a resource: a file of objects, or a folder with a kustomization. */
export async function gather(place: Place, paths: readonly string[], base: Accumulated): Promise<Accumulated> {
  let gathered = base;
  for (const path of paths) {
    const fromFile = await attempt(() => resourcesOfFile(place, path, gathered.resources));
    if (fromFile.error === undefined) gathered = { ...gathered, resources: fromFile.value };
    else gathered = await gatherFolder(place, path, { base: gathered, error: fromFile.error });
  }
  return gathered;
}

async function resourcesOfFile({ target, folder, build }: Place, path: string, known: readonly Resource[]): Promise<readonly Resource[]> {
  const read = await within(`accumulating resources from '${path}'`, () =>
    inFile(path, async () => appended([], readResources(await target.root.load(path)))),
  );
  const origin = folder === undefined ? undefined : { path: build.files.join(folder, path) };
  const added = origin === undefined ? read : read.map((resource) => ({ ...resource, origin }));
  return within(`merging resources from '${path}'`, async () => appended(known, added));
}

async function inFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof MalformedYaml)) throw error;
    throw new MalformedYaml(`${error.message} in File: ${path}`, { cause: error });
  }
}

/** A folder, which is tried where a path was none of a file: then both errors are told. */
async function gatherFolder(
  place: Place,
  path: string,
  { base, error: fileError }: { readonly base: Accumulated; readonly error: CommandError },
): Promise<Accumulated> {
  const root = await attempt(() => place.target.root.folder(path));
  if (root.error !== undefined && isMalformed(fileError)) throw fileError;
  return within(`accumulation err='${fileError.message}'`, async () => {
    if (root.error !== undefined) throw root.error;
    const inner = await placeBelow(place, path, root.value);
    if (inner.target.kustomization.kind === "Component")
      throw new CommandError(`expected kind != 'Component' for path '${root.value.path}'`);
    const made = await within(`recursed accumulation of path '${root.value.path}'`, () => accumulate(inner));
    return within(`recursed merging from path '${root.value.path}'`, async () => together(base, made));
  });
}

function isMalformed(error: unknown): boolean {
  return error instanceof MalformedYaml || (error instanceof CommandError && error.cause !== undefined && isMalformed(error.cause));
}

async function placeBelow({ folder, build, target: { kustomization: outer } }: Place, path: string, root: Root): Promise<Place> {
  const target = await within(`couldn't make target for path '${root.path}'`, () => readTarget(root, build.warn));
  const kustomization = { ...target.kustomization, buildMetadata: outer.buildMetadata };
  return { target: { ...target, kustomization }, folder: folder === undefined ? undefined : build.files.join(folder, path), build };
}

async function addComponents(place: Place, base: Accumulated): Promise<Accumulated> {
  let made = base;
  for (const path of place.target.kustomization.components) {
    const root = await quoted("loader.New", () => place.target.root.folder(path));
    made = await quoted("accumulateDirectory:", async () => {
      const inner = await placeBelow(place, path, root);
      const { kind } = inner.target.kustomization;
      if (kind !== "Component") throw new CommandError(`expected kind 'Component' for path '${root.path}' but got '${kind}'`);
      return within(`recursed accumulation of path '${root.path}'`, () => accumulate(inner, made));
    });
  }
  return made;
}

async function configurationOf({ kustomization: { configurations, crds }, root }: Target): Promise<typeof defaultConfiguration> {
  const own =
    configurations.length === 0
      ? defaultConfiguration
      : mergeConfigurations(
          defaultConfiguration,
          await (await import("./configuration-files.ts")).readConfigurations(configurations, root),
        );
  return crds.length === 0 ? own : mergeConfigurations(own, await (await import("./crds.ts")).readCrds(crds, root));
}

async function runGenerators(place: Place, base: Accumulated): Promise<Accumulated> {
  const { root, kustomization } = place.target;
  const { configMapGenerator, secretGenerator, generatorOptions: options } = kustomization;
  let resources = base.resources;
  const add = (resource: Resource, name: string, origin = originOf(place, name)): void => {
    try {
      resources = absorbed(resources, origin === undefined ? resource : { ...resource, origin });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      throw new CommandError(`merging from generator ${name}: ${error.message}`, { cause: error });
    }
  };
  for (const generator of configMapGenerator) add(await generated("ConfigMap", generator, { root, options }), "ConfigMapGenerator");
  for (const generator of secretGenerator) add(await generated("Secret", generator, { root, options }), "SecretGenerator");
  if (kustomization.generators.length > 0) {
    const { readGenerators } = await import("./plugins.ts");
    for (const { resource, name, origin } of await readGenerators(place)) add(resource, name, origin);
  }
  return { ...base, resources };
}

async function pluginsOf(place: Place): Promise<readonly Transformer[]> {
  return place.target.kustomization.transformers.length === 0 ? [] : (await import("./plugins.ts")).readTransformers(place);
}

async function refuseValidators({ path }: Root, validators: readonly string[]): Promise<void> {
  if (validators.length > 0)
    throw new CommandError(`'validators' in '${path}' are not supported: they are programs that others wrote, and none is run here`);
}

function transformed(resources: readonly Resource[], step: Transformer, place: Place): readonly Resource[] {
  const after = step.transform(resources);
  const origin = step.origin ?? originOf(place, step.name);
  if (origin === undefined) return after;
  return after.map((resource) =>
    resource.origin === undefined ? { ...resource, origin } : { ...resource, transformations: [...resource.transformations, origin] },
  );
}

function originOf({ folder, target, build }: Place, name: string): Origin | undefined {
  if (folder === undefined) return undefined;
  return { configuredIn: build.files.join(folder, target.fileName), configuredBy: { apiVersion: "builtin", kind: name } };
}

type Attempt<T> = { readonly value: T; readonly error?: undefined } | { readonly error: CommandError };

async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof CommandError) return { error };
    throw error;
  }
}

/** Says in front of an error what was attempted. */
export async function within<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`${what}: ${error.message}`, { cause: error });
  }
}

async function quoted<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`${what} ${JSON.stringify(error.message)}`, { cause: error });
  }
}
