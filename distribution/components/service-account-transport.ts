import { ServiceAccountKind, type TokenRequest } from "@kubets/api";
import type { Client, Transport } from "@kubets/client";
import { type Clock, type Instant, isStatus, parseTime, type UserInfo } from "@kubets/machinery";

/** Tokens of service accounts, each asked for when it is first needed and again when four fifths of its life are over. */
export interface AccountTokens {
  token(account: ServiceAccountName): Promise<string>;
  /** It was refused: the account may have been made anew since. */
  forget(account: ServiceAccountName, token: string): void;
}

export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

interface Held {
  readonly token: string;
  readonly renewAt: Instant;
}

const lifeInSeconds = 3600;

/** `client`: of somebody who may make service accounts and ask for their tokens. */
export function createAccountTokens({ client, clock }: { readonly client: Client; readonly clock: Clock }): AccountTokens {
  const held = new Map<string, Held>();
  // Those who ask at once get one answer.
  const asked = new Map<string, Promise<Held>>();

  const request = ({ namespace, name }: ServiceAccountName): Promise<unknown> =>
    client
      .resource(ServiceAccountKind)
      .in(namespace)
      .subresource(name, "token")
      .create({ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { audiences: [], expirationSeconds: lifeInSeconds } });
  const renew = async (account: ServiceAccountName): Promise<Held> => {
    const answer = await request(account).catch(async (error: unknown) => {
      if (!isStatus(error, "NotFound")) throw error;
      await makeAccount(client, account);
      return request(account);
    });
    const { token = "", expirationTimestamp } = (answer as TokenRequest).status;
    const now = clock.now();
    const end = (expirationTimestamp === undefined ? undefined : parseTime(expirationTimestamp)) ?? now + lifeInSeconds * 1000;
    return { token, renewAt: (now + (end - now) * 0.8) as Instant };
  };
  const keyOf = ({ namespace, name }: ServiceAccountName): string => `${namespace}/${name}`;
  return {
    async token(account) {
      const key = keyOf(account);
      const known = held.get(key);
      if (known !== undefined && known.renewAt > clock.now()) return known.token;
      const asking = asked.get(key) ?? renew(account).finally(() => asked.delete(key));
      asked.set(key, asking);
      const made = await asking;
      held.set(key, made);
      return made.token;
    },
    forget(account, token) {
      if (held.get(keyOf(account))?.token === token) held.delete(keyOf(account));
    },
  };
}

async function makeAccount(client: Client, { namespace, name }: ServiceAccountName): Promise<void> {
  try {
    await client.resource(ServiceAccountKind).create({ metadata: { namespace, name } });
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
  }
}

/**
 * What goes through `transport`, which itself is nobody's, goes as the service account; `undefined` for a user that is none. Closing is left to
 * whoever made `transport`.
 */
export function accountTransport(transport: Transport, tokens: AccountTokens, user: UserInfo): Transport | undefined {
  const account = accountOf(user);
  if (account === undefined) return undefined;
  return {
    async send(request, signal) {
      const token = await tokens.token(account);
      const answer = await transport.send({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }, signal);
      if (answer.status === 401) tokens.forget(account, token);
      return answer;
    },
    connect: () => Promise.reject(new Error(`Cannot open a channel as ${user.name}: controllers have none`)),
    close: () => Promise.resolve(),
  };
}

function accountOf({ name }: UserInfo): ServiceAccountName | undefined {
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? [];
  return namespace === undefined || account === undefined ? undefined : { namespace, name: account };
}
