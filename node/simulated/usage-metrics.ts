import { formatTime, type Instant, parseQuantity } from "@kubets/machinery";
import { coreSecondsOf } from "./limits.ts";
import { allContainers, type PodState } from "./pod-state.ts";
import { programOf, type ProgramRule, usageOf } from "./programs.ts";

/** What a container uses at a moment. */
export interface ContainerUse {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
  readonly startedAt: Instant;
  /** Now, in cores. */
  readonly cores: number;
  /** Since its start, in core seconds. */
  readonly coreSeconds: number;
  /** Of memory. */
  readonly bytes: number;
  readonly storageBytes: number;
}

/** What every running container of some Pods uses. */
export function containerUses(states: readonly PodState[], now: Instant, programs: readonly ProgramRule[]): readonly ContainerUse[] {
  return states.flatMap(({ pod, runs }) =>
    allContainers(pod).flatMap((container) => {
      const run = runs[container.name];
      if (run?.kind !== "running") return [];
      const running = now - run.startedAt;
      const context = { container, pod, restarts: run.restarts };
      const usage = usageOf(programOf(programs, context), context, running);
      const { cpu = "0", memory = "0", ephemeralStorage = "0" } = usage;
      const cores = amount(cpu);
      const { namespace = "", name, uid } = pod.metadata;
      const used = {
        cores,
        coreSeconds: run.use === undefined ? 0 : coreSecondsOf(run.use, usage, now),
        bytes: amount(memory),
        storageBytes: amount(ephemeralStorage),
      };
      return [{ namespace, pod: name, uid, container: container.name, startedAt: run.startedAt, ...used }];
    }),
  );
}

function amount(quantity: string): number {
  return Number(parseQuantity(quantity).nanos) / 1e9;
}

/** What `/stats/summary` answers. */
export function statsSummary(node: string, uses: readonly ContainerUse[], now: Instant): object {
  const time = formatTime(now);
  const figures = (some: readonly ContainerUse[]): object => ({
    cpu: {
      time,
      usageNanoCores: Math.round(sum(some, ({ cores }) => cores) * 1e9),
      usageCoreNanoSeconds: Math.round(sum(some, ({ coreSeconds }) => coreSeconds) * 1e9),
    },
    memory: { time, usageBytes: sum(some, ({ bytes }) => bytes), workingSetBytes: sum(some, ({ bytes }) => bytes) },
  });
  const pods = Map.groupBy(uses, ({ uid }) => uid);
  return {
    node: { nodeName: node, startTime: time, ...figures(uses) },
    pods: [...pods].map(([uid, own]) => ({
      podRef: { name: own[0]!.pod, namespace: own[0]!.namespace, uid },
      startTime: formatTime(own[0]!.startedAt),
      containers: own.map((use) => ({
        name: use.container,
        startTime: formatTime(use.startedAt),
        ...figures([use]),
        rootfs: { time, usedBytes: use.storageBytes },
      })),
      ...figures(own),
      "ephemeral-storage": { time, usedBytes: sum(own, ({ storageBytes }) => storageBytes) },
    })),
  };
}

/** What `/metrics/resource` answers: the text that metrics servers read. */
export function resourceMetrics(uses: readonly ContainerUse[], now: Instant): string {
  const of = ({ namespace, pod, container }: ContainerUse): string => `container="${container}",namespace="${namespace}",pod="${pod}"`;
  const ofPod = ({ namespace, pod }: ContainerUse): string => `namespace="${namespace}",pod="${pod}"`;
  const pods = [...Map.groupBy(uses, ({ uid }) => uid).values()];
  const cpu = (some: readonly ContainerUse[]): number => sum(some, ({ coreSeconds }) => coreSeconds);
  const memory = (some: readonly ContainerUse[]): number => sum(some, ({ bytes }) => bytes);
  const families: readonly (readonly [string, "counter" | "gauge", readonly (readonly [string, number])[]])[] = [
    ["container_cpu_usage_seconds_total", "counter", uses.map((use) => [`{${of(use)}}`, use.coreSeconds])],
    ["container_memory_working_set_bytes", "gauge", uses.map((use) => [`{${of(use)}}`, use.bytes])],
    ["container_start_time_seconds", "gauge", uses.map((use) => [`{${of(use)}}`, use.startedAt / 1000])],
    ["node_cpu_usage_seconds_total", "counter", [["", cpu(uses)]]],
    ["node_memory_working_set_bytes", "gauge", [["", memory(uses)]]],
    ["pod_cpu_usage_seconds_total", "counter", pods.map((own) => [`{${ofPod(own[0]!)}}`, cpu(own)])],
    ["pod_memory_working_set_bytes", "gauge", pods.map((own) => [`{${ofPod(own[0]!)}}`, memory(own)])],
  ];
  const lines = families.flatMap(([name, type, samples]) => [
    `# TYPE ${name} ${type}`,
    ...samples.map(([labels, value]) => `${name}${labels} ${value} ${now}`),
  ]);
  return [...lines, "# TYPE resource_scrape_error gauge", "resource_scrape_error 0", ""].join("\n");
}

function sum(uses: readonly ContainerUse[], value: (use: ContainerUse) => number): number {
  return uses.reduce((total, use) => total + value(use), 0);
}
