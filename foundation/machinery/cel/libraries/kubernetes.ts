import type { Library } from "../declarations.ts";
import { comprehensionLibrary, optionalLibrary } from "./optional.ts";

/** What every expression in Kubernetes may use beside the language itself. */
export const kubernetesLibraries: readonly Library[] = [optionalLibrary, comprehensionLibrary];
