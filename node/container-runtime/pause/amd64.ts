import type { Instruction } from "./assembler.ts";
import { data, littleEndian } from "./assembler.ts";
import type { Machine } from "./program.ts";

/** Registers of x86-64 by number; arguments of a system call go in rdi, rsi, rdx, r10, its number in rax, where its result comes back. */
const rax = 0;
const rdx = 2;
const rsi = 6;
const rdi = 7;
const r10 = 10;
const argumentRegisters = [rdi, rsi, rdx, r10];

export const amd64: Machine = {
  elfMachine: 62,
  systemCalls: { rt_sigprocmask: 14, rt_sigtimedwait: 128, wait4: 61, exit_group: 231 },
  systemCall: (number) => [set(rax, number), data(0x0f, 0x05)],
  setArgument: (index, value) => set(argumentRegisters[index]!, value),
  setArgumentToAddress: (index, label) => addressOf(argumentRegisters[index]!, label),
  // cmp eax, value; je label
  jumpIfResultIs: (value, label) => [data(0x83, 0xf8, value), jump([0x0f, 0x84], label)],
  // test eax, eax; jg label
  jumpIfResultIsPositive: (label) => [data(0x85, 0xc0), jump([0x0f, 0x8f], label)],
  jump: (label) => jump([0xe9], label),
};

/** mov register, value: 32 bits with the sign extended to 64. */
function set(register: number, value: number): Instruction {
  const isExtended = register >= 8;
  return data(isExtended ? 0x49 : 0x48, 0xc7, 0xc0 | (register & 7), ...littleEndian(value, 4));
}

/** lea register, [rip + distance], counted from the end of the instruction. */
function addressOf(register: number, label: string): Instruction {
  const size = 7;
  return {
    size,
    encode: (distance) => [register >= 8 ? 0x4c : 0x48, 0x8d, 0x05 | ((register & 7) << 3), ...littleEndian(distance(label) - size, 4)],
  };
}

function jump(opcode: readonly number[], label: string): Instruction {
  const size = opcode.length + 4;
  return { size, encode: (distance) => [...opcode, ...littleEndian(distance(label) - size, 4)] };
}
