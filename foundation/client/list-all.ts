import { isStatus, type KubernetesList, type KubernetesObject } from "@kubets/machinery";
import type { ListOptions, ResourceClient } from "./client.ts";

/** As many objects as upstream's clients ask for at a time. */
const pageSize = 500;

/**
 * The whole list, read in pages of `limit` objects (500 when absent), consistent at one revision.
 *
 * When the revision of the first page is compacted before the last one is read, the list is read again in one piece.
 */
export async function listAll<T extends KubernetesObject>(
  client: Pick<ResourceClient<T>, "list">,
  { limit = pageSize, ...options }: Omit<ListOptions, "continue"> = {},
): Promise<KubernetesList<T>> {
  const first = await client.list({ ...options, limit });
  if ((first.metadata.continue ?? "") === "") return first;
  const items: T[] = [...first.items];
  // What pages after the first are to match is in the token; a resourceVersion beside it is refused.
  const { resourceVersion: _, resourceVersionMatch: __, ...following } = options;
  let page = first;
  for (let token = first.metadata.continue; token !== undefined && token !== ""; token = page.metadata.continue) {
    try {
      page = await client.list({ ...following, limit, continue: token });
    } catch (error) {
      if (isStatus(error, "Expired", "Gone")) return client.list(options);
      throw error;
    }
    for (const item of page.items) items.push(item);
  }
  return { ...first, metadata: { resourceVersion: first.metadata.resourceVersion ?? "" }, items };
}
