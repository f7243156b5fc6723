import type { Instruction } from "./assembler.ts";
import { littleEndian } from "./assembler.ts";
import type { Machine } from "./program.ts";

/** AArch64: arguments of a system call go in x0 to x5, its number in x8; the result comes back in x0. An instruction is a word. */
export const arm64: Machine = {
  elfMachine: 183,
  systemCalls: { rt_sigprocmask: 135, rt_sigtimedwait: 137, wait4: 260, exit_group: 94 },
  // svc #0
  systemCall: (number) => [set(8, number), word(() => 0xd4000001)],
  setArgument: (index, value) => set(index, value),
  setArgumentToAddress: (index, label) => word((distance) => adr(index, distance(label))),
  // cmp w0, #value; b.eq label
  jumpIfResultIs: (value, label) => [word(() => 0x7100001f | (value << 10)), jumpIf(0, label)],
  // cmp w0, #0; b.gt label
  jumpIfResultIsPositive: (label) => [word(() => 0x7100001f), jumpIf(12, label)],
  jump: (label) => word((distance) => 0x14000000 | ((distance(label) >> 2) & 0x3ffffff)),
};

/** movz, or movn for a negative value: 16 bits. */
function set(register: number, value: number): Instruction {
  return word(() => (value < 0 ? 0x92800000 | (~value << 5) : 0xd2800000 | (value << 5)) | register);
}

function adr(register: number, distance: number): number {
  return 0x10000000 | ((distance & 3) << 29) | (((distance >> 2) & 0x7ffff) << 5) | register;
}

function jumpIf(condition: number, label: string): Instruction {
  return word((distance) => 0x54000000 | (((distance(label) >> 2) & 0x7ffff) << 5) | condition);
}

function word(encode: (distance: (label: string) => number) => number): Instruction {
  return { size: 4, encode: (distance) => littleEndian(encode(distance) >>> 0, 4) };
}
