import { type AnyController, createInformers, runControllers } from "@kubets/client";
import type { ControlPlane, Surroundings } from "@kubets/distribution/control-plane";
import type { UserInfo } from "@kubets/machinery";

export const administrator: UserInfo = { name: "kubernetes-admin", groups: ["system:masters"] };

/** Controllers of whoever writes the test, with caches of their own. */
export function runOperators(
  controllers: readonly AnyController[],
  { controlPlane, ...surroundings }: Surroundings & { readonly controlPlane: ControlPlane },
): { stop(): Promise<void> } {
  if (controllers.length === 0) return { stop: async () => {} };
  const client = controlPlane.clientFor(administrator, "operator");
  const informers = createInformers({ ...surroundings, client });
  const running = runControllers({ ...surroundings, client, informers, controllers, fieldManager: "operator" });
  return {
    async stop() {
      await running.stop();
      await informers.stop();
    },
  };
}
