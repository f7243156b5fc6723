/**
 * Why a write was made (law 5): kept by the store with the revision, carried between processes in `traceparent` and the
 * `Kubets-Cause` header that the client sets from the controller runner's context.
 */
export interface Cause {
  /** Who wrote: the authenticated user's name, added by the server itself. */
  readonly user: string;
  /** The trace that the write belongs to: 32 hexadecimal digits, as in `traceparent`. */
  readonly trace?: string;
  /** The component or controller that decided, such as `deployment`; from `Kubets-Cause`. */
  readonly actor?: string;
  /** The revision of the change that led to this write; from `Kubets-Cause`. */
  readonly revision?: number;
  /** The object whose change led to this write, as `resource/namespace/name`; from `Kubets-Cause`. */
  readonly object?: string;
  /** A timer led to this write, such as `heartbeat`; from `Kubets-Cause`. */
  readonly timer?: string;
}
