import { kinds } from "@kubets/api";
import { type Clock, type Random, silent, type Tasks, unmeasured } from "@kubets/machinery";
import { createSigningKey, signatureVerifier } from "@kubets/machinery/node";
import type { Store } from "@kubets/store";
import { type ApiServer, createApiServer, standardParts } from "../index.ts";
import { testVersion } from "./test-server.ts";

/** A whole API server over a store, with all that requests go through in a real one. */
export function standardServer(world: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
}): Promise<ApiServer> {
  const { clock, random } = world;
  return createApiServer({
    ...world,
    kinds,
    logger: silent,
    metrics: unmeasured,
    version: testVersion,
    parts: standardParts({
      clock,
      random,
      signingKeys: [createSigningKey()],
      signatures: signatureVerifier,
      issuer: "https://kubernetes.default.svc",
    }),
  });
}
