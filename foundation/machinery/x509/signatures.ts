/** Something signed, and the key that it is to be checked by. */
export interface Signed {
  /** A SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  /** The object identifier of the algorithm, such as `1.2.840.10045.4.3.2`. */
  readonly algorithm: string;
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
}

/** Checks signatures by keys that come with what they sign. Injected (law 2): bound to node:crypto by `@kubets/machinery/node`. */
export interface SignatureVerifier {
  /** `false` for a wrong signature, and for a key or an algorithm that can't be read or isn't trusted any more (MD5, SHA-1). */
  verify(signed: Signed): Promise<boolean>;
}

/** The key of an authority that signs certificates, and its certificate. Injected, as above. */
export interface CertificateSigner {
  /** PEM. */
  readonly certificate: string;
  /** The object identifier of the algorithm that it signs with. */
  readonly algorithm: string;
  sign(data: Uint8Array): Promise<Uint8Array>;
}
