import { subresourceKinds } from "@kubets/api";
import type { Clock, Kind, Random, SigningKey } from "@kubets/machinery";
import type { SignatureVerifier } from "@kubets/machinery/x509";
import { admissionPlugins } from "./admission/index.ts";
import { builtInConstants, type ClientCertificate, createAggregation } from "./aggregation/index.ts";
import type { PostStart, ServerCore, ServerParts } from "./api-server.ts";
import {
  authenticationEndpoints,
  authenticatorChain,
  bootstrapTokens,
  clientCertificate,
  inProcess,
  serviceAccountTokens,
  trackLegacyTokens,
} from "./authentication/index.ts";
import { alwaysAllow, authorizationEndpoints, authorizerChain, nodeAuthorizer, rbac, systemMasters } from "./authorization/index.ts";
import {
  type ApiServerAddress,
  type ClientTrust,
  defaultConstants,
  keepFlowControl,
  nodeRules,
  reconcileDefaultObjects,
} from "./default-objects/index.ts";
import { discovery } from "./discovery/index.ts";
import { type LogFiles, logsEndpoints } from "./endpoints/logs.ts";
import { openapi } from "./openapi/index.ts";
import { admissionChain } from "./registry/admission-chain.ts";
import { webhookClient } from "./webhooks/webhook-client.ts";

export interface StandardPartsOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The first signs service-account tokens; all verify. */
  readonly signingKeys: readonly [SigningKey, ...SigningKey[]];
  /** Checks signatures of others: that who asks for a certificate holds the key. */
  readonly signatures: SignatureVerifier;
  /** The URL that service-account tokens name as their issuer. */
  readonly issuer: string;
  /** Absent where the server isn't reached over a network: then there is no Service `kubernetes`. */
  readonly apiServer?: ApiServerAddress;
  readonly trust?: ClientTrust;
  /** Who is asked whether a request is allowed, in this order; Node and RBAC when absent. */
  readonly authorizationModes?: readonly ("AlwaysAllow" | "Node" | "RBAC")[];
  readonly admission?: { readonly enabled?: readonly string[]; readonly disabled?: readonly string[] };
  /** What this server shows to the API servers behind it, so that they believe whom it names. */
  readonly frontProxy?: ClientCertificate;
  /** The log files that `/logs/` shows to whoever may read that path; absent: there is no such path. */
  readonly logFiles?: LogFiles;
  /** Whether the objects that every cluster begins with are known to be there, in a store copied from a server like this one; made where missing when absent. */
  readonly defaultObjects?: "present";
  /** Work after the start besides the default objects. */
  readonly postStart?: (core: ServerCore) => readonly PostStart[];
}

/**
 * What a Kubernetes API server is made of beside its registry: client certificates and service-account tokens, the Node and RBAC
 * authorizers, the admission plugins, discovery, and the objects that every cluster begins with.
 */
export function standardParts(options: StandardPartsOptions): (core: ServerCore) => ServerParts {
  const { clock, random, signingKeys, issuer, apiServer, trust, logFiles } = options;
  return (core) => {
    const { reader, writer, exchange, catalog, serviceRanges } = core;
    const aggregation = createAggregation({ ...core, clientCertificate: options.frontProxy });
    const { registered } = aggregation;
    const kinds = (): readonly Kind[] => catalog.kinds;
    const tokens = serviceAccountTokens({ keys: signingKeys, issuer, audiences: [issuer], reader, writer, clock, random });
    const roles = rbac({ reader });
    const modes = { AlwaysAllow: alwaysAllow, Node: () => nodeAuthorizer({ reader, rules: nodeRules }), RBAC: () => roles };
    const authorizer = authorizerChain([systemMasters(), ...(options.authorizationModes ?? ["Node", "RBAC"]).map((mode) => modes[mode]())]);
    const admission = admissionPlugins({
      reader,
      writer,
      clock,
      random,
      authorizer,
      rbac: roles,
      kinds,
      signatures: options.signatures,
      ask: webhookClient(core),
      logger: core.logger,
      metrics: core.metrics,
      ...options.admission,
    });
    const authentication = authenticationEndpoints({ exchange, tokens, reader, admission: admissionChain(admission, core) });
    return {
      authenticators: [
        authenticatorChain({ authenticators: [inProcess(), clientCertificate(), tokens, bootstrapTokens({ reader, clock })] }),
      ],
      authorizer,
      admission,
      pathEndpoints: [
        ...authentication.paths,
        ...discovery({ kinds, registered }),
        ...openapi({ kinds, subresourceKinds, remote: aggregation.openapi, logs: logFiles !== undefined, turn: core.tasks.turn }),
        ...(logFiles === undefined ? [] : logsEndpoints(logFiles)),
      ],
      resourceEndpoints: [...authentication.resources, ...authorizationEndpoints({ exchange, authorizer, rbac: roles })],
      elsewhere: aggregation.route,
      postStart: [
        {
          name: "kube-apiserver-autoregistration",
          constants: [builtInConstants(catalog.kinds)],
          run: (signal) => aggregation.start(signal),
        },
        ...(options.defaultObjects === "present"
          ? []
          : [
              {
                name: "default-objects",
                constants: defaultConstants(),
                run: () => reconcileDefaultObjects({ writer, reader, serviceRanges, apiServer, trust }),
              },
            ]),
        { name: "legacy-service-account-token-tracking", run: () => trackLegacyTokens({ reader, writer, clock }) },
        {
          name: "priority-and-fairness-config-producer",
          run: (signal) => keepFlowControl({ ...core, arePresent: options.defaultObjects === "present" }, signal),
        },
        ...(options.postStart?.(core) ?? []),
      ],
    };
  };
}
