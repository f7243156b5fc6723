/**
 * The signatures that the control plane makes and checks, injected (law 2): bound to node:crypto by `@kubets/machinery/node`.
 *
 * Promises that a binding takes off the thread are counted by the caller's task.
 */
export interface SigningKey {
  /** The `kid` of the key: a hash of its public part. */
  readonly id: string;
  /** The JOSE algorithm, such as `ES256`. */
  readonly algorithm: string;
  /** The public part as a JWK (without private members). */
  readonly publicJwk: Readonly<Record<string, string>>;
  sign(data: Uint8Array): Promise<Uint8Array>;
  verify(data: Uint8Array, signature: Uint8Array): Promise<boolean>;
}
