import type { AnyController } from "@kubets/client";
import { used } from "../common-flags.ts";
import type { FlagReader } from "../flag-reader.ts";
import { type Flag, FlagError } from "../flags.ts";

/** How many keys a controller works on at once, by the flag that says so: its name here, and upstream's default. */
const flags: Readonly<Record<string, { readonly controller: string; readonly workers: number }>> = {
  "concurrent-cron-job-syncs": { controller: "cronjob", workers: 5 },
  "concurrent-daemonset-syncs": { controller: "daemonset", workers: 2 },
  "concurrent-deployment-syncs": { controller: "deployment", workers: 5 },
  "concurrent-endpoint-syncs": { controller: "endpoints", workers: 5 },
  "concurrent-ephemeralvolume-syncs": { controller: "ephemeral-volume", workers: 5 },
  "concurrent-gc-syncs": { controller: "generic-garbage-collector", workers: 20 },
  "concurrent-horizontal-pod-autoscaler-syncs": { controller: "horizontal-pod-autoscaler", workers: 5 },
  "concurrent-job-syncs": { controller: "job", workers: 5 },
  "concurrent-namespace-syncs": { controller: "namespace", workers: 10 },
  "concurrent-rc-syncs": { controller: "replicationcontroller", workers: 5 },
  "concurrent-replicaset-syncs": { controller: "replicaset", workers: 5 },
  "concurrent-resource-claim-syncs": { controller: "resourceclaim", workers: 50 },
  "concurrent-resource-quota-syncs": { controller: "resourcequota", workers: 5 },
  "concurrent-service-endpoint-syncs": { controller: "endpointslice", workers: 5 },
  "concurrent-serviceaccount-token-syncs": { controller: "serviceaccount-token", workers: 5 },
  "concurrent-statefulset-syncs": { controller: "statefulset", workers: 5 },
  "concurrent-ttl-after-finished-syncs": { controller: "ttl-after-finished", workers: 5 },
  "concurrent-validating-admission-policy-status-syncs": { controller: "validatingadmissionpolicy-status", workers: 5 },
  "mirroring-concurrent-service-endpoint-syncs": { controller: "endpointslice-mirroring", workers: 5 },
};

export const concurrencyFlags: readonly Flag[] = Object.entries(flags).map(([name, { controller, workers }]) =>
  used(name, "int", `how many keys the controller ${controller} works on at once (default ${workers})`),
);

/** By the name of the controller; those that no flag names have what they have anyway. */
export function readConcurrency({ number }: FlagReader): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(flags).map(([name, { controller, workers }]) => {
      const asked = number(name) ?? workers;
      if (asked < 1) throw new FlagError(`--${name} must be greater than 0, but got ${asked}`);
      return [controller, asked];
    }),
  );
}

export function withConcurrency(controllers: readonly AnyController[], workers: ReadonlyMap<string, number>): readonly AnyController[] {
  return controllers.map((controller) => {
    const asked = workers.get(controller.name);
    return asked === undefined ? controller : { ...controller, workers: asked };
  });
}
