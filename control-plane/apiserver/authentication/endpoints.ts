import { SelfSubjectReviewKind, ServiceAccountKind, type TokenRequest, TokenRequestKind, TokenReviewKind } from "@kubets/api";
import { type Kind, noSuchPath, type Response } from "@kubets/machinery";
import type {
  AdmissionAttributes,
  ObjectExchange,
  ObjectReader,
  PathEndpoint,
  RequestContext,
  ResourceEndpoint,
  ResourceInfo,
} from "../contracts.ts";
import type { AdmissionChain } from "../registry/admission-chain.ts";
import { mutate } from "../registry/admission.ts";
import { keySet, openidConfiguration } from "./openid.ts";
import { answerSelfSubjectReview, answerTokenReview } from "./reviews.ts";
import type { ServiceAccountTokens } from "./service-account-tokens.ts";
import { answerTokenRequest } from "./token-request.ts";

export interface AuthenticationEndpointOptions {
  readonly exchange: ObjectExchange;
  readonly tokens: ServiceAccountTokens;
  readonly reader: ObjectReader;
  /** Judge requests for tokens, as they judge writes. */
  readonly admission: AdmissionChain;
  /** Where verifiers outside of the cluster fetch the keys; `ISSUER/openid/v1/jwks` when absent. */
  readonly jwksUri?: string;
}

export interface AuthenticationEndpoints {
  readonly resources: readonly ResourceEndpoint[];
  readonly paths: readonly PathEndpoint[];
}

/** Everything of authentication that can be asked for: tokens, reviews, and the keys by which others verify our tokens. */
export function authenticationEndpoints({
  exchange,
  tokens,
  reader,
  admission,
  jwksUri,
}: AuthenticationEndpointOptions): AuthenticationEndpoints {
  return {
    resources: [
      {
        group: "",
        resource: "serviceaccounts",
        subresource: "token",
        async endpoint(context) {
          const { resource, query } = context.info;
          if (resource === undefined || context.info.verb !== "create") throw noSuchPath();
          const request = await exchange.read(context, TokenRequestKind);
          const dryRun = query.getAll("dryRun").includes("All");
          const attributes = attributesOf(context, resource, request, dryRun);
          const object = await mutate(admission, attributes, { object: request, previous: undefined, complete: (changed) => changed });
          await admission.validate({ ...attributes, object });
          const admitted = object as TokenRequest;
          return exchange.answer(context, TokenRequestKind, 201, await answerTokenRequest(admitted, resource, { tokens, reader, dryRun }));
        },
      },
      {
        group: TokenReviewKind.group,
        resource: TokenReviewKind.resource,
        subresource: "",
        async endpoint(context) {
          const review = await exchange.read(context, TokenReviewKind);
          const answer = await answerTokenReview(review, {
            authenticate: (token, audiences) => tokens.authenticateToken(token, audiences),
            defaultAudiences: tokens.audiences,
          });
          return exchange.answer(context, TokenReviewKind, 201, answer);
        },
      },
      {
        group: SelfSubjectReviewKind.group,
        resource: SelfSubjectReviewKind.resource,
        subresource: "",
        async endpoint(context) {
          const review = await exchange.read(context, SelfSubjectReviewKind);
          return exchange.answer(context, SelfSubjectReviewKind, 201, answerSelfSubjectReview(review, context.user));
        },
      },
    ],
    paths: [
      {
        path: "/.well-known/openid-configuration",
        endpoint: async () =>
          json(
            "application/json",
            openidConfiguration({ ...tokens, jwksUri: jwksUri ?? `${tokens.issuer.replace(/\/$/, "")}/openid/v1/jwks` }),
          ),
      },
      { path: "/openid/v1/jwks", endpoint: async () => json("application/jwk-set+json", keySet(tokens.keys)) },
    ],
  };
}

function attributesOf(
  context: RequestContext,
  { namespace, name }: ResourceInfo,
  object: TokenRequest,
  dryRun: boolean,
): AdmissionAttributes & { readonly object: TokenRequest } {
  const { user, signal } = context;
  const kind = ServiceAccountKind as unknown as Kind;
  const warn = (text: string): void => context.warn(text);
  return { operation: "CREATE", kind, namespace, name, subresource: "token", object, options: {}, dryRun, user, signal, warn };
}

function json(contentType: string, value: object): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return {
    status: 200,
    headers: { "content-type": contentType, "cache-control": "public, max-age=3600" },
    body: { kind: "bytes", bytes: () => bytes },
  };
}
