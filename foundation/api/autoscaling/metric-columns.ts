import type { HorizontalPodAutoscalerSpec, HorizontalPodAutoscalerStatus } from "./horizontal-pod-autoscaler.ts";
import type { MetricSpec, MetricTarget } from "./metric-spec.ts";
import type { MetricStatus, MetricValueStatus } from "./metric-status.ts";

const mostShown = 2;

/** What each metric is, and what it should be: `cpu: 10%/80%, 3/5 + 1 more...`. */
export function targetsText(
  { metrics = [] }: HorizontalPodAutoscalerSpec,
  { currentMetrics = [] }: Pick<HorizontalPodAutoscalerStatus, "currentMetrics">,
): string {
  if (metrics.length === 0) return "<none>";
  const texts = metrics.map((metric, index) => metricText(metric, currentMetrics?.[index]));
  const shown = texts.slice(0, mostShown).join(", ");
  return texts.length > mostShown ? `${shown} + ${texts.length - mostShown} more...` : shown;
}

function metricText(metric: MetricSpec, status: MetricStatus | undefined): string {
  switch (metric.type) {
    case "External":
      return valueText(metric.external?.target, status?.external?.current);
    case "Object":
      return valueText(metric.object?.target, status?.object?.current);
    case "Pods":
      return `${status?.pods?.current.averageValue ?? unknown}/${metric.pods?.target.averageValue ?? ""}`;
    case "Resource":
      return metric.resource === undefined
        ? unknown
        : `${metric.resource.name}: ${resourceText(metric.resource.target, status?.resource?.current)}`;
    case "ContainerResource":
      return metric.containerResource === undefined
        ? unknown
        : `${metric.containerResource.name}: ${resourceText(metric.containerResource.target, status?.containerResource?.current)}`;
    default:
      return "<unknown type>";
  }
}

const unknown = "<unknown>";

function valueText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`;
  return `${current?.value ?? unknown}/${target?.value ?? ""}`;
}

function resourceText({ averageValue, averageUtilization }: MetricTarget, current: MetricValueStatus | undefined): string {
  if (averageValue !== undefined) return `${current?.averageValue ?? unknown}/${averageValue}`;
  const now = current?.averageUtilization === undefined ? unknown : `${current.averageUtilization}%`;
  return `${now}/${averageUtilization === undefined ? "<auto>" : `${averageUtilization}%`}`;
}
