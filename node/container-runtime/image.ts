import type { PodSandboxConfig } from "./pod-sandbox.ts";

export interface Image {
  /** `sha256:…` of the image's configuration. */
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly size: number;
  /** Kept by the runtime itself (the pause image): not to be collected. */
  readonly pinned: boolean;
  /** The user that the image runs as: a number, or a name. Both are absent for root by default. */
  readonly uid?: number;
  readonly username?: string;
}

export interface ImageStatus extends Image {
  /** What of the image's configuration matters to a kubelet; absent where the runtime does not tell. */
  readonly configuration?: ImageConfiguration;
  /** Of all of its layers: what containerd calls their snapshot. Absent where the runtime does not tell. */
  readonly chainId?: string;
}

export interface ImageConfiguration {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: readonly string[];
  readonly workingDirectory: string;
  readonly user: string;
  readonly stopSignal?: string;
  /** Directories that the image declares as volumes. */
  readonly volumes: readonly string[];
}

export interface PullOptions {
  readonly credentials?: RegistryCredentials;
  /** The Pod that it is pulled for. */
  readonly sandboxConfig?: PodSandboxConfig;
}

export interface RegistryCredentials {
  readonly username?: string;
  readonly password?: string;
  /** Base64 of `username:password`. */
  readonly auth?: string;
  readonly serverAddress?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
}
