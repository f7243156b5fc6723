import { Inflate } from "fflate";
import { joinedBytes } from "../joined-bytes.ts";

/** Unpacks a zlib stream (RFC 1950) that comes in pieces, the first of which holds its whole head, and each of which ends with a flush. */
export interface Inflater {
  /** What a piece holds. Throws a `RangeError` for what isn't deflated data, and for more than `most` bytes. */
  push(piece: Uint8Array): Uint8Array;
}

/** So much is unpacked before the size of what came out is looked at: deflated data grows a thousandfold at most. */
const step = 1024;
const deflateMethod = 8;
const dictionaryFlag = 0x20;

/** Synchronous and without anything of Node's, so that it runs wherever the rest does. */
export function createInflater({ dictionary, most }: { readonly dictionary: Uint8Array; readonly most: number }): Inflater {
  let inflate: Inflate | undefined;
  return {
    push(piece) {
      const head = inflate === undefined ? headOf(piece) : undefined;
      inflate ??= new Inflate(head?.needsDictionary === true ? { dictionary } : {});
      const output: Uint8Array[] = [];
      let size = 0;
      inflate.ondata = (bytes) => {
        size += bytes.length;
        if (size > most) throw new RangeError(`Cannot inflate: more than ${most} bytes`);
        output.push(bytes);
      };
      for (let offset = head?.length ?? 0; offset < piece.length; offset += step) unpack(inflate, piece.subarray(offset, offset + step));
      return joinedBytes(output);
    },
  };
}

/** zlib's own head says whether the data begins with a dictionary, then by a checksum with which one: here there is only one. */
function headOf([method = 0, flags = 0]: Uint8Array): { readonly length: number; readonly needsDictionary: boolean } {
  if ((method & 0x0f) !== deflateMethod || (method * 256 + flags) % 31 !== 0) throw new RangeError("Cannot inflate: no zlib stream");
  const needsDictionary = (flags & dictionaryFlag) !== 0;
  return { length: needsDictionary ? 6 : 2, needsDictionary };
}

function unpack(inflate: Inflate, bytes: Uint8Array): void {
  try {
    inflate.push(bytes);
  } catch (error) {
    throw error instanceof RangeError ? error : new RangeError("Cannot inflate: the data is damaged", { cause: error });
  }
}
