import type { PathEndpoint } from "../contracts.ts";
import { valueAnswer } from "../request/answer.ts";
import { negotiate } from "../request/content.ts";

/** What `kubectl version` shows of the server. */
export interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  readonly emulationMajor?: string;
  readonly emulationMinor?: string;
  readonly minCompatibilityMajor?: string;
  readonly minCompatibilityMinor?: string;
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly buildDate: string;
  readonly goVersion: string;
  readonly compiler: string;
  readonly platform: string;
}

export function versionEndpoint(version: VersionInfo): PathEndpoint {
  return {
    path: "/version",
    endpoint: async ({ request, info }) =>
      valueAnswer(200, version, negotiate(request, info.query, { table: false, metadata: false, protobuf: false })),
  };
}
