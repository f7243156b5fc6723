import { type FlowSchema, FlowSchemaKind, type PriorityLevelConfiguration, PriorityLevelConfigurationKind } from "@kubets/api";
import { type Draft, sameJson, type Tasks } from "@kubets/machinery";
import type { Now, ObjectReader, ObjectWriter } from "../contracts.ts";
import { tellDanglingSchemas } from "./dangling-schemas.ts";
import { autoUpdateAnnotation, defaultFlowSchemas, defaultPriorityLevels, mandatoryNames } from "./flow-control-objects.ts";
import { ensureAll } from "./reconcile.ts";

export interface KeepFlowControlOptions {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  readonly tasks: Tasks;
  readonly clock: Now;
  /** They are known to be there as they should be, to begin with. */
  readonly arePresent?: boolean;
}

/**
 * Creates the default FlowSchemas and PriorityLevelConfigurations, and brings back what of them is deleted or changed, until `signal` is
 * aborted. Operators keep their changes of those that aren't mandatory by setting the annotation `apf.kubernetes.io/autoupdate-spec` to
 * `false`. Says of FlowSchemas whether they name a level that is there.
 */
export async function keepFlowControl(
  { reader, writer, tasks, clock, arePresent = false }: KeepFlowControlOptions,
  signal: AbortSignal,
): Promise<void> {
  const ensure = async (): Promise<void> => {
    await ensureAll({ reader, writer }, PriorityLevelConfigurationKind, defaultPriorityLevels, asDefault);
    await ensureAll({ reader, writer }, FlowSchemaKind, defaultFlowSchemas, asDefault);
    await tellDanglingSchemas({ reader, writer, clock });
  };
  if (!arePresent) await ensure();
  let isUnderWay = false;
  let isStale = false;
  const follow = (): void => {
    isStale = true;
    if (isUnderWay || signal.aborted) return;
    isUnderWay = true;
    tasks.start("default flow control objects", async () => {
      try {
        while (isStale && !signal.aborted) {
          isStale = false;
          await ensure();
        }
      } finally {
        isUnderWay = false;
      }
    });
  };
  const watches = [reader.onChange?.(FlowSchemaKind, follow), reader.onChange?.(PriorityLevelConfigurationKind, follow)];
  const onAbort = (): void => {
    for (const watch of watches) watch?.[Symbol.dispose]();
  };
  signal.addEventListener("abort", onAbort, { once: true });
}

/** As the server has it; the defaults stand whole, so that there is nothing to complete. */
function asDefault<T extends FlowSchema | PriorityLevelConfiguration>(present: T, wanted: Draft<T>): T | undefined {
  const { name, annotations = {} } = present.metadata;
  const { spec } = wanted as { readonly spec?: T["spec"] };
  const isKept = mandatoryNames.has(name) || annotations[autoUpdateAnnotation] === "true";
  return !isKept || spec === undefined || sameJson(present.spec, spec) ? undefined : { ...present, spec };
}
