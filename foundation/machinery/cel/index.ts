/**
 * The Common Expression Language as Kubernetes uses it.
 *
 * @example
 * const self = celTypeOfSchema(schema, { root: true })!;
 * const environment = new CelEnvironment({ variables: { self, oldSelf: self }, libraries: kubernetesLibraries });
 * const rule = compile(environment, "self.replicas <= self.maxReplicas");
 * rule.estimateCost({ self, oldSelf: self }).max; // of the worst object that the schema admits
 * rule.evaluate({ self: toCelValue(object, self) }); // => true
 */
export * from "./declarations.ts";
export * from "./environment.ts";
export * from "./errors.ts";
export * from "./escaping.ts";
export * from "./estimates.ts";
export type * from "./estimator.ts";
export * from "./frame.ts";
export * from "./json-values.ts";
export * from "./libraries/authorizer.ts";
export { encoderLibrary } from "./libraries/encoders.ts";
export * from "./libraries/json-patch.ts";
export * from "./libraries/kubernetes.ts";
export { mathLibrary } from "./libraries/math.ts";
export { bindingLibrary } from "./libraries/optional.ts";
export * from "./program.ts";
export * from "./schema-types.ts";
export * from "./types.ts";
export * from "./values.ts";
