import { expect, test } from "vitest";
import { assemble, data, label, littleEndian } from "./assembler.ts";
import { pauseImageArchive } from "./pause-image.ts";
import { pauseProgram } from "./program.ts";

const headers = 64 + 56;

test("the pause program is a static executable of its processor", () => {
  const machines = { amd64: 62, arm64: 183 } as const;
  for (const architecture of ["amd64", "arm64"] as const) {
    const program = pauseProgram(architecture);
    const view = new DataView(program.buffer);
    expect({
      magic: new TextDecoder().decode(program.subarray(1, 4)),
      type: view.getUint16(16, true),
      machine: view.getUint16(18, true),
      entry: view.getBigUint64(24, true),
      segmentBytes: view.getBigUint64(64 + 32, true),
    }).toEqual({
      magic: "ELF",
      type: 2,
      machine: machines[architecture],
      entry: BigInt(0x400000 + headers),
      segmentBytes: BigInt(program.length),
    });
  }
});

// Read back by LLVM's disassembler once; here so that no later change goes unnoticed on a machine that can't run it.
test("for arm64 it is these instructions", () => {
  const program = pauseProgram("arm64");
  const view = new DataView(program.buffer, headers);
  const words = Array.from({ length: view.byteLength / 4 }, (_, index) => view.getUint32(4 * index, true).toString(16));
  expect(words).toEqual([
    ...["d2800000", "100003c1", "d2800002", "d2800103", "d28010e8", "d4000001"], // rt_sigprocmask(SIG_BLOCK, signals, 0, 8)
    ...["10000320", "d2800001", "d2800002", "d2800103", "d2801128", "d4000001"], // wait: rt_sigtimedwait(signals, 0, 0, 8)
    ...["7100441f", "540000c0"], // SIGCHLD: reap
    ...["71003c1f", "540001a0"], // SIGTERM: exit
    ...["7100081f", "54000160"], // SIGINT: exit
    "17fffff4", // back to wait
    ...["92800000", "d2800001", "d2800022", "d2800003", "d2802088", "d4000001"], // reap: wait4(-1, 0, WNOHANG, 0)
    ...["7100001f", "54ffff2c"], // one was there: again
    "17ffffeb", // back to wait
    ...["d2800000", "d2800bc8", "d4000001"], // exit: exit_group(0)
    ...["14002", "0"], // signals
  ]);
});

test("the signals that it waits for are TERM, INT and CHLD", () => {
  for (const architecture of ["amd64", "arm64"] as const) {
    const set = new DataView(pauseProgram(architecture).buffer).getBigUint64(pauseProgram(architecture).length - 8, true);
    const signals = Array.from({ length: 64 }, (_, index) => index + 1).filter((signal) => ((set >> BigInt(signal - 1)) & 1n) === 1n);
    expect(signals).toEqual([2, 15, 17]);
  }
});

test("the pause image is the same every time", () => {
  expect(pauseImageArchive("amd64")).toEqual(pauseImageArchive("amd64"));
});

test("an instruction knows how far a label is, before and behind it", () => {
  const jump = (name: string) => ({ size: 2, encode: (distance: (label: string) => number) => [0xeb, distance(name) & 0xff] });
  expect([...assemble([label("start"), data(1, 2, 3), jump("start"), jump("end"), label("end")])]).toEqual([1, 2, 3, 0xeb, 0xfd, 0xeb, 2]);
  expect(() => assemble([jump("nowhere")])).toThrow('Cannot assemble: there is no label "nowhere"');
  expect(littleEndian(-2, 4)).toEqual([0xfe, 0xff, 0xff, 0xff]);
});
