import { type FieldError, invalid } from "@kubets/machinery";

/** A path below a volume's root: neither absolute nor leading out of it. */
export function validateRelativePath(path: string, field: string): readonly FieldError[] {
  return [...(path.startsWith("/") ? [invalid(field, path, "must be a relative path")] : []), ...validateNoBacksteps(path, field)];
}

/** As {@link validateRelativePath}, for a file that is made: names that begin with `..` are the kubelet's own. */
export function validateFilePath(path: string, field: string): readonly FieldError[] {
  const reserved = path.startsWith("..") && !path.startsWith("../");
  return [...validateRelativePath(path, field), ...(reserved ? [invalid(field, path, "must not start with '..'")] : [])];
}

export function validateNoBacksteps(path: string, field: string): readonly FieldError[] {
  return hasBacksteps(path) ? [invalid(field, path, "must not contain '..'")] : [];
}

export function hasBacksteps(path: string): boolean {
  return path.split("/").includes("..");
}
