import { amd64 } from "./amd64.ts";
import { arm64 } from "./arm64.ts";
import type { Instruction, Line } from "./assembler.ts";
import { assemble, data, label, littleEndian } from "./assembler.ts";

/** The processors that we have a pause program for, by the names of OCI images. */
export type Architecture = "amd64" | "arm64";

/** What the program needs of a processor. `index` counts a system call's arguments from 0. */
export interface Machine {
  /** As ELF numbers it. */
  readonly elfMachine: number;
  readonly systemCalls: Readonly<Record<"rt_sigprocmask" | "rt_sigtimedwait" | "wait4" | "exit_group", number>>;
  systemCall(number: number): readonly Instruction[];
  setArgument(index: number, value: number): Instruction;
  setArgumentToAddress(index: number, label: string): Instruction;
  jumpIfResultIs(value: number, label: string): readonly Instruction[];
  jumpIfResultIsPositive(label: string): readonly Instruction[];
  jump(label: string): Instruction;
}

const interrupt = 2;
const terminate = 15;
const child = 17;
/** A set of signals has the bit N - 1 for the signal N. */
const signalSet = [interrupt, terminate, child].reduce((set, signal) => set | (1n << BigInt(signal - 1)), 0n);
const signalSetBytes = 8;
const block = 0;
const noHang = 1;

/**
 * The program of a Pod's pause container: it holds the namespaces open, buries the children that were left to it (it is process 1
 * where a Pod shares its process namespace), and ends on SIGTERM or SIGINT. A static ELF of some 250 bytes.
 */
export function pauseProgram(architecture: Architecture): Uint8Array {
  const machine = { amd64, arm64 }[architecture];
  return elf(machine, assemble(pause(machine)));
}

function pause(machine: Machine): readonly Line[] {
  const { systemCalls } = machine;
  return [
    // Blocked signals wait until they are asked for, so none is lost between two turns of the loop.
    machine.setArgument(0, block),
    machine.setArgumentToAddress(1, "signals"),
    machine.setArgument(2, 0),
    machine.setArgument(3, signalSetBytes),
    ...machine.systemCall(systemCalls.rt_sigprocmask),

    label("wait"),
    machine.setArgumentToAddress(0, "signals"),
    machine.setArgument(1, 0),
    machine.setArgument(2, 0),
    machine.setArgument(3, signalSetBytes),
    ...machine.systemCall(systemCalls.rt_sigtimedwait),
    ...machine.jumpIfResultIs(child, "reap"),
    ...machine.jumpIfResultIs(terminate, "exit"),
    ...machine.jumpIfResultIs(interrupt, "exit"),
    machine.jump("wait"),

    // One signal may stand for many children.
    label("reap"),
    machine.setArgument(0, -1),
    machine.setArgument(1, 0),
    machine.setArgument(2, noHang),
    machine.setArgument(3, 0),
    ...machine.systemCall(systemCalls.wait4),
    ...machine.jumpIfResultIsPositive("reap"),
    machine.jump("wait"),

    label("exit"),
    machine.setArgument(0, 0),
    ...machine.systemCall(systemCalls.exit_group),

    label("signals"),
    data(...littleEndian(signalSet, signalSetBytes)),
  ];
}

const elfHeaderBytes = 64;
const programHeaderBytes = 56;
const loadAddress = 0x400000;
const pageBytes = 0x10000;

/** A static executable of one segment that holds everything, headers included. */
function elf({ elfMachine }: Machine, code: Uint8Array): Uint8Array {
  const codeOffset = elfHeaderBytes + programHeaderBytes;
  const size = codeOffset + code.length;
  const half = (value: number): readonly number[] => littleEndian(value, 2);
  const word = (value: number): readonly number[] => littleEndian(value, 4);
  const long = (value: number): readonly number[] => littleEndian(value, 8);
  const header = [
    ...[0x7f, 0x45, 0x4c, 0x46], // "\x7fELF"
    ...[2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], // 64 bits, little endian, version 1, System V
    ...half(2), // an executable
    ...half(elfMachine),
    ...word(1),
    ...long(loadAddress + codeOffset), // where it starts
    ...long(elfHeaderBytes), // where the program headers are
    ...long(0), // no sections
    ...word(0),
    ...half(elfHeaderBytes),
    ...half(programHeaderBytes),
    ...half(1), // one program header
    ...half(0),
    ...half(0),
    ...half(0),
  ];
  const programHeader = [
    ...word(1), // to be loaded
    ...word(5), // readable, executable
    ...long(0),
    ...long(loadAddress),
    ...long(loadAddress),
    ...long(size),
    ...long(size),
    ...long(pageBytes),
  ];
  return Uint8Array.from([...header, ...programHeader, ...code]);
}
