import { type ConfigMap, ConfigMapKind, JobKind } from "@kubets/api";
import { type Controller, create, patch, watch } from "@kubets/client";
import { nameSuffix, type Random } from "@kubets/machinery";

/** Asks for a backup of the map, once. */
export const wanted = "example.com/back-up";
/** Says that its Job was made. */
const done = "example.com/backed-up-by";

/** How the Job of a map is called. */
export type Naming = (map: ConfigMap, random: Random) => string;

/** The first idea: a name that nobody else has. */
export const careless: Naming = ({ metadata }, random) => `${metadata.name}-${nameSuffix(random, 5)}`;
/** The mended one: a name that the map always has. Whoever tries twice finds what it made the first time. */
export const careful: Naming = ({ metadata }) => `${metadata.name}-${metadata.uid.slice(0, 8)}`;

/** An operator: makes one Job for every ConfigMap that asks for a backup, then notes on the map that it did. */
export const backUpOnce = (nameOf: Naming): Controller<ConfigMap> => ({
  name: "back-up-once",
  watches: [watch(ConfigMapKind)],
  observe(key, caches) {
    const map = caches.of(ConfigMapKind).get(key);
    const { annotations = {} } = map?.metadata ?? {};
    return annotations[wanted] !== undefined && annotations[done] === undefined ? map : undefined;
  },
  reconcile(map, _now, { random }) {
    const { namespace = "default", name, uid } = map.metadata;
    const job = nameOf(map, random);
    const owner = { apiVersion: "v1", kind: "ConfigMap", name, uid, controller: true };
    return {
      actions: [
        create(JobKind, {
          metadata: { namespace, name: job, ownerReferences: [owner] },
          spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "tar", image: "tar:1" }] } } },
        }),
        patch(ConfigMapKind, map, { metadata: { annotations: { [done]: job } } }),
      ],
    };
  },
});
