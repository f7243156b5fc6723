import { type FlowSchema, type FlowSchemaCondition, FlowSchemaKind, PriorityLevelConfigurationKind } from "@kubets/api";
import { formatTime, isStatus } from "@kubets/machinery";
import type { Now, ObjectReader, ObjectWriter } from "../contracts.ts";
import { defaultFlowSchemas } from "./flow-control-objects.ts";

export interface DanglingSchemasOptions {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  readonly clock: Now;
}

// A write for each of them at every start would tell nobody anything: what the server itself makes names levels that it makes.
const ours = new Set(defaultFlowSchemas.map(({ metadata }) => metadata.name));

/** Writes into the status of FlowSchemas whether there is a priority level of the name that they give. */
export async function tellDanglingSchemas({ reader, writer, clock }: DanglingSchemasOptions): Promise<void> {
  for (const schema of reader.list(FlowSchemaKind, "")) {
    const { name } = schema.metadata;
    const level = schema.spec.priorityLevelConfiguration.name;
    const isDangling = reader.get(PriorityLevelConfigurationKind, "", level) === undefined;
    const told = toldOf(schema);
    if (told === undefined ? !isDangling && ours.has(name) : told.message === messageOf(level, isDangling)) continue;
    try {
      await writer.changeStatus(FlowSchemaKind, { namespace: "", name }, (present) => withDangling(present, isDangling, clock));
    } catch (error) {
      // Gone meanwhile.
      if (!isStatus(error, "NotFound")) throw error;
    }
  }
}

function toldOf({ status }: FlowSchema): FlowSchemaCondition | undefined {
  return status.conditions?.find(({ type }) => type === "Dangling");
}

function withDangling(schema: FlowSchema, isDangling: boolean, clock: Now): FlowSchema {
  const told = toldOf(schema);
  const status = isDangling ? "True" : "False";
  const condition: FlowSchemaCondition = {
    type: "Dangling",
    status,
    lastTransitionTime:
      told?.status === status && told.lastTransitionTime !== undefined ? told.lastTransitionTime : formatTime(clock.now()),
    reason: isDangling ? "NotFound" : "Found",
    message: messageOf(schema.spec.priorityLevelConfiguration.name, isDangling),
  };
  const others = schema.status.conditions?.filter((each) => each !== told) ?? [];
  return { ...schema, status: { ...schema.status, conditions: [...others, condition] } };
}

function messageOf(level: string, isDangling: boolean): string {
  const names = `This FlowSchema references the PriorityLevelConfiguration object named "${level}"`;
  return isDangling ? `${names} but there is no such object` : `${names} and it exists`;
}
