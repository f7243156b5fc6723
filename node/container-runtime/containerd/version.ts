export interface ContainerdVersion {
  readonly major: number;
  readonly minor: number;
  /** As it says itself, such as `1.6.20~ds1`. */
  readonly text: string;
}

/** Reads the answer of `containerd --version`: `containerd github.com/containerd/containerd/v2 v2.1.4 75cb…`. */
export function parseContainerdVersion(answer: string): ContainerdVersion | undefined {
  const match = /^containerd\s+\S+\s+v?((\d+)\.(\d+)\S*)/.exec(answer.trim());
  return match === null ? undefined : { major: Number(match[2]), minor: Number(match[3]), text: match[1]! };
}

/** Below 1.6 there is no CRI v1. */
export function isSupported({ major, minor }: ContainerdVersion): boolean {
  return major > 1 || (major === 1 && minor >= 6);
}
