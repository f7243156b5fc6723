export { type ConversionOptions, type Convert, conversionOf } from "./conversion-webhook.ts";
export { createDefinitions, type Definitions, type DefinitionsOptions } from "./definitions.ts";
