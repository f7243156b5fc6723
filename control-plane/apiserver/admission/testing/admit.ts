import { kinds, NamespaceKind, type Pod, PodKind, ServiceAccountKind } from "@kubets/api";
import {
  type Clock,
  type Instant,
  type Kind,
  type KubernetesObject,
  seededRandom,
  silent,
  unmeasured,
  type UserInfo,
} from "@kubets/machinery";
import { signatureVerifier } from "@kubets/machinery/node";
import { authorizerChain, systemMasters } from "../../authorization/chain.ts";
import { rbac } from "../../authorization/rbac.ts";
import { asRead, type FixedReader, fixedReader } from "../../authorization/testing/fixed-reader.ts";
import type { AdmissionAttributes, ObjectWriter } from "../../contracts.ts";
import { Round } from "../../registry/admission.ts";
import { admissionPlugins } from "../index.ts";

const jane: UserInfo = { name: "jane", groups: ["system:authenticated"] };
export const container = { name: "main", image: "main:1" } as const;

/** A namespace with its account, and one that is being deleted. */
export function cluster(): FixedReader {
  const reader = fixedReader();
  reader.put(NamespaceKind, { metadata: { name: "shop" } });
  reader.put(NamespaceKind, { metadata: { name: "closing" }, status: { phase: "Terminating" } });
  reader.put(ServiceAccountKind, { metadata: { name: "default", namespace: "shop" } });
  return reader;
}

/** Writes that the reader shows at once. */
export function writerInto(reader: FixedReader): ObjectWriter {
  const put = async <T extends KubernetesObject>(kind: Kind<T>, object: T): Promise<T> => reader.put(kind, object as never);
  return {
    create: async (kind, object) => put(kind, object as never),
    prepareConstant: async () => {},
    createConstant: async (kind, object) => void (await put(kind, object as never)),
    update: put,
    updateStatus: put,
    changeStatus: async (kind, { namespace, name }, change) => put(kind, change(reader.get(kind, namespace, name)!)),
  };
}

export interface Write<T extends KubernetesObject> extends Partial<Omit<AdmissionAttributes, "kind" | "object" | "previous">> {
  readonly object?: T;
  readonly previous?: T;
}

/** Runs an object through all plugins, as the server does. */
export async function admit<T extends KubernetesObject>(reader: FixedReader, kind: Kind<T>, write: Write<T>): Promise<T> {
  const roles = rbac({ reader });
  const authorizer = authorizerChain([systemMasters(), roles]);
  const plugins = admissionPlugins({
    reader,
    writer: writerInto(reader),
    clock: { now: () => 0 as Instant, monotonic: () => 0 as ReturnType<Clock["monotonic"]> },
    random: seededRandom(3),
    authorizer,
    rbac: roles,
    kinds: () => kinds,
    signatures: signatureVerifier,
    ask: () => Promise.reject(new Error("These tests have no webhooks")),
    logger: silent,
    metrics: unmeasured,
  });
  const { metadata } = write.object ?? write.previous ?? { metadata: { namespace: "", name: "" } };
  const attributes: AdmissionAttributes = {
    operation: "CREATE",
    kind: kind as unknown as Kind,
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    subresource: "",
    options: {},
    dryRun: false,
    user: jane,
    signal: new AbortController().signal,
    warn() {},
    ...write,
  };
  let object: KubernetesObject | undefined = write.object;
  const round = new Round((completed) => completed);
  for (const plugin of plugins)
    if (object !== undefined) object = (await plugin.mutate?.({ ...attributes, object, round, managedFields: undefined })) ?? object;
  for (const plugin of plugins) await plugin.validate?.(object === undefined ? attributes : { ...attributes, object });
  return object as T;
}

export function aPod(spec: Partial<Pod["spec"]> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod {
  return asRead(PodKind, { metadata: { name: "web", namespace: "shop", ...metadata }, spec: { containers: [container], ...spec } });
}
