import { applications } from "./applications.ts";
import { certificates } from "./certificates.ts";
import { databases } from "./databases.ts";
import { meshes } from "./meshes.ts";
import { monitors } from "./monitors.ts";
import type { Operator } from "./operator.ts";

export { meshes } from "./meshes.ts";
export type { Operator } from "./operator.ts";

export const operators: readonly Operator[] = [certificates, monitors, databases, applications, meshes];
