import type { AnyController } from "@kubets/client";
import type { NodePortRange } from "../registry/services/service-claims.ts";
import { addressRepair, serviceAddressRepair } from "./addresses.ts";
import { defaultRangeKeeper } from "./default-range.ts";
import { nodePortRepair } from "./node-ports.ts";

export interface ServiceRepairOptions {
  readonly nodePorts: NodePortRange;
  /** Those that the server was given; the first one's family is that of Services that name none. */
  readonly serviceRanges: readonly string[];
}

/**
 * The API server's own loops over the range of Services' addresses and what Services hold: whatever happened while nobody looked is found,
 * mended or told. They run wherever an API server does, also without controllers.
 */
export function serviceRepairs({ nodePorts, serviceRanges }: ServiceRepairOptions): readonly AnyController[] {
  return [defaultRangeKeeper(serviceRanges), serviceAddressRepair, addressRepair, nodePortRepair(nodePorts)];
}
