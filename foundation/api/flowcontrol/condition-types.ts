import { duplicates, type FieldError, required } from "@kubets/machinery";

/** Each condition says what it is about, and no two are about the same. */
export function validateConditionTypes(conditions: readonly { readonly type?: string }[]): readonly FieldError[] {
  const path = "status.conditions";
  return [
    ...conditions.flatMap(({ type = "" }, index) => (type === "" ? [required(`${path}[${index}].type`, "must not be empty")] : [])),
    ...duplicates(path, conditions, ({ type }) => type, { child: "type" }),
  ];
}
