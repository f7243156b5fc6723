import type { Library } from "../declarations.ts";
import { authorizerLibrary } from "./authorizer.ts";
import { formatLibrary } from "./format.ts";
import { kubernetesListLibrary, listLibrary } from "./lists.ts";
import { cidrLibrary, ipLibrary } from "./networks.ts";
import { comprehensionLibrary, optionalLibrary } from "./optional.ts";
import { quantityLibrary } from "./quantity.ts";
import { regexLibrary } from "./regex.ts";
import { semverLibrary } from "./semver.ts";
import { setLibrary } from "./sets.ts";
import { stringLibrary } from "./strings.ts";
import { urlLibrary } from "./url.ts";

/** What every expression in Kubernetes 1.36 may use beside the language itself. */
export const kubernetesLibraries: readonly Library[] = [
  urlLibrary,
  regexLibrary,
  kubernetesListLibrary,
  authorizerLibrary,
  optionalLibrary,
  quantityLibrary,
  stringLibrary,
  setLibrary,
  ipLibrary,
  cidrLibrary,
  formatLibrary,
  comprehensionLibrary,
  semverLibrary,
  listLibrary,
];
