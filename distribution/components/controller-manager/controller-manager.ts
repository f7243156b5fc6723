import { createInformers } from "@kubets/client";
import { controllers, runControllerManager, selectControllers } from "@kubets/controller-manager";
import type { Logger } from "@kubets/machinery";
import { loadCertificateSigner, loadSigningKey } from "@kubets/machinery/node";
import type { RunningComponent } from "../../control-plane.ts";
import { startElectedComponent } from "../elected-component.ts";
import type { RunningProgram } from "../program.ts";
import { servedKinds } from "../served-kinds.ts";
import { withConcurrency } from "./concurrency.ts";
import type { ControllerManagerSettings } from "./settings.ts";

const name = "kube-controller-manager";

/** A controller manager as a process of its own. */
export function startControllerManager(settings: ControllerManagerSettings, logger: Logger): Promise<RunningProgram> {
  const { signingKey, authority } = settings;
  // What can't be read is said at once, and not when it is this one's turn.
  const keys = {
    ...(signingKey === undefined ? {} : { signingKey: loadSigningKey(signingKey) }),
    ...(authority === undefined ? {} : { authority: loadCertificateSigner(authority) }),
  };
  selectControllers(controllers({ ...settings.of, ...keys, kinds: [] }), settings.controllers);
  return startElectedComponent(
    {
      name,
      async work(cluster, { surroundings, signal }): Promise<RunningComponent> {
        const client = cluster.client(name);
        const kinds = await servedKinds(client, { ...surroundings, signal });
        const chosen = selectControllers(controllers({ ...settings.of, ...keys, kinds }), settings.controllers);
        const informers = createInformers({ ...surroundings, client });
        const manager = runControllerManager({
          ...surroundings,
          informers,
          clientFor: (user) => cluster.clientOf(user, name, settings),
          controllers: withConcurrency(chosen, settings.workers),
        });
        return { synced: (until) => manager.synced(until), stop: async () => void (await manager.stop(), await informers.stop()) };
      },
    },
    settings,
    logger,
  );
}
