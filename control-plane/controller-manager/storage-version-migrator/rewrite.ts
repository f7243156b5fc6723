import { type Asker, listAll } from "@kubets/client";
import { isStatus, type Kind, StatusError } from "@kubets/machinery";

/** What a server says that may say something else soon. */
const passing = ["TooManyRequests", "ServiceUnavailable", "InternalError", "Timeout", "ServerTimeout", "Expired"] as const;

/** The revision at which objects of a kind are now: what is written after it is stored as it should be. */
export async function revisionOf(kind: Kind, { client, signal }: Asker): Promise<string> {
  const { metadata } = await client.resource(kind).list({ limit: 1, signal });
  return metadata.resourceVersion ?? "";
}

/**
 * Has all objects that were last written up to a revision written as they are; answers what refused it. Throws what may go well another
 * time.
 */
export async function rewritten(kind: Kind, upTo: string, { client, signal }: Asker): Promise<Error | undefined> {
  const resource = client.resource(kind);
  for (const { metadata } of (await listAll(resource, { signal })).items) {
    const { namespace, name, uid, resourceVersion } = metadata;
    if (Number(resourceVersion) > Number(upTo)) continue;
    const located = namespace === undefined ? resource : resource.in(namespace);
    try {
      await located.patch(name, { metadata: { uid, resourceVersion } }, { type: "merge", signal });
    } catch (error) {
      // Written by somebody else since, or gone: either way nothing of it is left to migrate.
      if (isStatus(error, "Conflict", "NotFound")) continue;
      if (!(error instanceof StatusError) || isStatus(error, ...passing)) throw error;
      return error;
    }
  }
  return undefined;
}
