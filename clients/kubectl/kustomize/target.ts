import { CommandError } from "../errors.ts";
import type { Root } from "./files.ts";
import type { Kustomization } from "./kustomization.ts";
import { problemsOf, readKustomization } from "./read-kustomization.ts";

/** A folder with a kustomization in it. */
export interface Target {
  readonly root: Root;
  readonly kustomization: Kustomization;
  /** The name of its file. */
  readonly fileName: string;
}

const fileNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** Reads the one kustomization of a folder. What this doesn't do is refused here, so that nothing is left out in silence. */
export async function readTarget(root: Root, warn: (text: string) => void): Promise<Target> {
  const found: { readonly fileName: string; readonly source: Uint8Array }[] = [];
  for (const fileName of fileNames) {
    try {
      found.push({ fileName, source: await root.load(fileName) });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
  }
  const [first, ...others] = found;
  if (first === undefined)
    throw new CommandError(
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${root.path}'`,
    );
  if (others.length > 0) throw new CommandError(`Found multiple kustomization files under: ${root.path}`);
  const kustomization = readKustomization(first.source, warn);
  const problems = problemsOf(kustomization);
  if (problems.length > 0) throw new CommandError(`Failed to read kustomization file under ${root.path}:\n${problems.join("\n")}`);
  refuseWhatIsNotDone(kustomization, root);
  return { root, kustomization, fileName: first.fileName };
}

function refuseWhatIsNotDone({ helmCharts, helmChartInflationGenerator, openapi }: Kustomization, root: Root): void {
  const refuse = (field: string, instead: string): never => {
    throw new CommandError(`'${field}' in '${root.path}' is not supported: ${instead}`);
  };
  if (helmCharts.length > 0) refuse("helmCharts", "let helm template write the objects to a file, and name that in 'resources'");
  if (helmChartInflationGenerator.length > 0)
    refuse("helmChartInflationGenerator", "let helm template write the objects to a file, and name that in 'resources'");
  if (Object.keys(openapi).length > 0)
    refuse("openapi", "patches follow the schemas of Kubernetes' own kinds; lists of others are replaced");
}
