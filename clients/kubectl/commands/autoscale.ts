import type { Command } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { manifestFlags } from "../manifests/load.ts";
import { printerFlags } from "../printers/object-printer.ts";
import { apiVersionOf } from "../requests/api-resource.ts";
import { targetFlags, targetsOf } from "../requests/targets.ts";
import { dryRunFlag, dryRunOf } from "./dry-run.ts";
import { makeObject } from "./make-object.ts";

/** Makes a HorizontalPodAutoscaler for a workload. */
export const autoscale: Command = {
  flags: [
    ...printerFlags,
    ...manifestFlags,
    ...targetFlags,
    dryRunFlag,
    { name: "min", takes: "number" },
    { name: "max", takes: "number" },
    { name: "cpu-percent", takes: "number" },
    { name: "cpu", takes: "text" },
    { name: "memory", takes: "text" },
    { name: "name", takes: "text" },
    { name: "field-manager", takes: "text" },
  ],
  async run(invocation) {
    const { args, flags } = invocation;
    const [min = -1, max] = [flags.number("min"), flags.number("max")];
    if (max === undefined) throw new CommandError('required flag(s) "max" not set');
    if (max < 1) throw new CommandError(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
    if (max < min) throw new CommandError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
    const percent = flags.number("cpu-percent");
    const metrics = [
      ...(percent === undefined ? [] : [metric("cpu", `${percent}%`)]),
      ...(["cpu", "memory"] as const).flatMap((name) => {
        const target = flags.text(name);
        return target === undefined ? [] : [metric(name, target)];
      }),
    ];
    const connection = await invocation.connect();
    for (const { resource, name } of await targetsOf(invocation, connection, { args })) {
      const autoscaler = {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: flags.text("name") ?? name },
        spec: {
          scaleTargetRef: { apiVersion: apiVersionOf(resource), kind: resource.kind, name },
          ...(min < 0 ? {} : { minReplicas: min }),
          maxReplicas: max,
          ...(metrics.length === 0 ? {} : { metrics }),
        },
      };
      await makeObject(invocation, connection, autoscaler, {
        said: dryRunOf(flags) === "client" ? "created" : "autoscaled",
        manager: "kubectl-autoscale",
      });
    }
  },
};

/** `80%` of what is requested, or `500m` on average. */
function metric(name: string, target: string): object {
  const share = /^(\d+)%$/.exec(target)?.[1];
  const goal =
    share === undefined ? { type: "AverageValue", averageValue: target } : { type: "Utilization", averageUtilization: Number(share) };
  return { type: "Resource", resource: { name, target: goal } };
}
