import { type Pod, type ServiceAccountTokenProjection, ServiceAccountKind, type TokenRequest } from "@kubets/api";
import type { Client } from "@kubets/client";
import { type Clock, type Instant, parseTime } from "@kubets/machinery";

/** Tokens of the ServiceAccounts of Pods, each bound to its Pod; asked for anew when four fifths of their life, or a day, are over. */
export interface PodTokens {
  token(pod: Pod, projection: ServiceAccountTokenProjection): Promise<string>;
  release(uid: string): void;
}

interface Held {
  readonly token: string;
  readonly renewAt: Instant;
}

const day = 24 * 60 * 60 * 1000;

export function createPodTokens({ client, clock }: { readonly client: Client; readonly clock: Clock }): PodTokens {
  const held = new Map<string, Map<string, Held>>();
  return {
    async token(pod, { audience, expirationSeconds }) {
      const { uid, name, namespace } = pod.metadata;
      const key = `${audience ?? ""}/${expirationSeconds}`;
      const known = held.get(uid)?.get(key);
      const now = clock.now();
      if (known !== undefined && known.renewAt > now) return known.token;
      const account = pod.spec.serviceAccountName ?? "default";
      const answer = (await client
        .resource(ServiceAccountKind)
        .in(namespace!)
        .subresource(account, "token")
        .create({
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: {
            audiences: audience === undefined || audience === "" ? [] : [audience],
            expirationSeconds,
            boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
          },
        })) as TokenRequest;
      const token = answer.status.token ?? "";
      const until = answer.status.expirationTimestamp === undefined ? undefined : parseTime(answer.status.expirationTimestamp);
      const life = (until ?? now + expirationSeconds * 1000) - now;
      const renewAt = (now + Math.min(life * 0.8, day)) as Instant;
      const ofPod = held.get(uid) ?? new Map<string, Held>();
      held.set(uid, ofPod.set(key, { token, renewAt }));
      return token;
    },
    release: (uid) => void held.delete(uid),
  };
}
