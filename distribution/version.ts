import type { VersionInfo } from "@kubets/apiserver";

/** The version of this program. */
export const programVersion = "0.1.0";

/** What `/version` says: the Kubernetes version whose API and behaviour this implements. Clients judge their skew by it. */
export function kubernetesVersion(platform: string): VersionInfo {
  return {
    major: "1",
    minor: "36",
    emulationMajor: "1",
    emulationMinor: "36",
    minCompatibilityMajor: "1",
    minCompatibilityMinor: "35",
    gitVersion: `v1.36.0+kubets.${programVersion}`,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "",
    platform,
  };
}
