import { base64Problem } from "../../base64.ts";
import { declare, global, type Library } from "../declarations.ts";
import { failure } from "../errors.ts";
import { bytesType, stringType } from "../types.ts";

/** `base64.encode`, `base64.decode`. */
export const encoderLibrary: Library = {
  functions: [
    declare("base64.decode", global("base64_decode_string", [stringType], bytesType, decode)),
    declare(
      "base64.encode",
      global("base64_encode_bytes", [bytesType], stringType, (bytes: Uint8Array) =>
        btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),
      ),
    ),
  ],
};

/** With or without padding. */
function decode(text: string): Uint8Array {
  const padded = text.endsWith("=") ? text : text.padEnd(Math.ceil(text.length / 4) * 4, "=");
  const problem = base64Problem(padded);
  if (problem !== undefined) throw failure(problem);
  return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
}
