/** Why a runtime refused: the gRPC codes that a kubelet tells apart. */
export type RuntimeErrorReason =
  | "NotFound"
  | "AlreadyExists"
  | "InvalidArgument"
  | "FailedPrecondition"
  /** Its time was over; a command that was run by `execSync` has been killed. */
  | "DeadlineExceeded"
  | "ResourceExhausted"
  | "PermissionDenied"
  | "Unimplemented"
  /** The runtime can't be reached; whether the call was carried out is not known. */
  | "Unavailable"
  | "Cancelled"
  | "Unknown";

/** What a container runtime answers when it can't. `message` holds its own words and no more, as kubelets show them. */
export class RuntimeError extends Error {
  readonly reason: RuntimeErrorReason;
  /** The call that failed, such as `RunPodSandbox`. */
  readonly call: string;

  constructor(reason: RuntimeErrorReason, call: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "RuntimeError";
    this.reason = reason;
    this.call = call;
  }
}

export function isRuntimeError(error: unknown, ...reasons: readonly RuntimeErrorReason[]): error is RuntimeError {
  return error instanceof RuntimeError && (reasons.length === 0 || reasons.includes(error.reason));
}
