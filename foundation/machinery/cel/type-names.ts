import { boolType, bytesType, doubleType, durationType, dynType, intType, listType, mapType, nullType, stringType } from "./types.ts";
import { timestampType, typeType, uintType, type CelType } from "./types.ts";

/** The types of the language by the names under which expressions speak of them. */
export const builtInTypes: Readonly<Record<string, CelType>> = {
  bool: boolType,
  int: intType,
  uint: uintType,
  double: doubleType,
  string: stringType,
  bytes: bytesType,
  list: listType(dynType),
  map: mapType(dynType, dynType),
  null_type: nullType,
  type: typeType(),
  "google.protobuf.Duration": durationType,
  "google.protobuf.Timestamp": timestampType,
};
