/** What the kinds of storage ask of the names of drivers and of the parameters that drivers are told. */
import { byteLength, type FieldError, invalid, isDnsSubdomain, isQualifiedName, required, tooLong } from "@kubets/machinery";

const longestDriverName = 63;

/** The name of a CSI driver, as it says it itself. */
export function validateCsiDriverName(name: string, path: string): readonly FieldError[] {
  if (name === "") return [required(path)];
  return [
    ...(byteLength(name) > longestDriverName ? [tooLong(path, longestDriverName)] : []),
    ...isDnsSubdomain(name.toLowerCase()).map((message) => invalid(path, name, message)),
  ];
}

/** Who makes the volumes of a class; that one is named is for the schema to say. */
export function validateProvisioner(name: string, path: string): readonly FieldError[] {
  return name === "" ? [] : isQualifiedName(name.toLowerCase()).map((message) => invalid(path, name, message));
}

const mostParameters = 512;
const mostParameterBytes = 256 * 1024;

export function validateParameters(parameters: Readonly<Record<string, string>>, path: string): readonly FieldError[] {
  const names = Object.keys(parameters);
  if (names.length > mostParameters) return [tooLong(path, mostParameters)];
  return [
    ...(names.includes("") ? [invalid(path, "", "field cannot be empty.")] : []),
    ...(sizeOf(parameters) > mostParameterBytes ? [tooLong(path, mostParameterBytes)] : []),
  ];
}

/** How many bytes the keys and values of a map have. */
export function sizeOf(map: Readonly<Record<string, string>>): number {
  return Object.entries(map).reduce((total, [key, value]) => total + byteLength(key) + byteLength(value), 0);
}
