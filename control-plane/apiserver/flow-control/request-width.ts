import type { RequestInfo } from "../contracts.ts";

/** So many objects are written by one seat; upstream's figure. */
const objectsPerSeat = 100;
const mostSeats = 10;

/** How many objects of a resource there are. */
export type CountObjects = (resource: NonNullable<RequestInfo["resource"]>) => number;

/** The most seats that one request takes at a level with so many: so that a few long lists don't keep everybody else out. */
export function mostSeatsAt(nominal: number): number {
  return Math.max(1, Math.min(mostSeats, Math.ceil(nominal * 0.15)));
}

/** How many seats a request takes: one, and a list one for each hundred objects that it looks at. */
export function widthOf(
  { verb, resource, query }: RequestInfo,
  { most, count }: { readonly most: number; readonly count: CountObjects },
): number {
  if (verb !== "list" || resource === undefined || most === 1) return 1;
  const stored = count(resource);
  const limit = Number(query.get("limit") ?? 0);
  // A page of what is selected may be looked for among all there are.
  const selects = (query.get("labelSelector") ?? "") !== "" || (query.get("fieldSelector") ?? "") !== "";
  const looked = !selects && limit > 0 ? Math.min(limit, stored) : stored;
  return Math.min(most, Math.max(1, Math.ceil(looked / objectsPerSeat)));
}
