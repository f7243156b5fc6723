import { duplicate, type FieldError, required, tooMany } from "@kubets/machinery";
import type { Container, ContainerRestartRule } from "../container.ts";

const mostRules = 20;
const mostExitCodes = 255;

/** Rules stand in front of the container's own restart policy, which must say what happens when none applies. */
export function validateRestartRules({ restartPolicy, restartPolicyRules: rules = [] }: Container, field: string): readonly FieldError[] {
  if (rules.length === 0) return [];
  const at = `${field}.restartPolicyRules`;
  return [
    ...(restartPolicy === undefined ? [required(`${field}.restartPolicy`, "must specify restartPolicy when restart rules are used")] : []),
    ...(rules.length > mostRules ? [tooMany(at, rules.length, mostRules)] : []),
    ...rules.flatMap((rule, index) => validateRule(rule, `${at}[${index}]`)),
  ];
}

function validateRule({ exitCodes }: ContainerRestartRule, field: string): readonly FieldError[] {
  if (exitCodes === undefined) return [required(`${field}.exitCodes`, "must be specified")];
  const { values = [] } = exitCodes;
  const at = `${field}.exitCodes.values`;
  return [
    ...(values.length === 0 ? [required(at, "must specify at least one exit code")] : []),
    ...(values.length > mostExitCodes ? [tooMany(at, values.length, mostExitCodes)] : []),
    ...values.flatMap((code, index) => (values.indexOf(code) < index ? [duplicate(`${at}[${index}]`, code)] : [])),
  ];
}
