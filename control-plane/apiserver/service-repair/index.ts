import type { AnyController } from "@kubets/client";
import type { NodePortRange } from "../registry/services/service-claims.ts";
import { addressRepair, serviceAddressRepair } from "./addresses.ts";
import { nodePortRepair } from "./node-ports.ts";

/** As whom the API server repairs: itself. */
export interface ServiceRepairOptions {
  readonly nodePorts: NodePortRange;
}

/** The API server's own loops over what Services hold: whatever happened while nobody looked is found, mended or told. */
export function serviceRepairs({ nodePorts }: ServiceRepairOptions): readonly AnyController[] {
  return [serviceAddressRepair, addressRepair, nodePortRepair(nodePorts)];
}
