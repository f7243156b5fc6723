import { expect, test } from "vitest";
import { alignTabs, describeLayout, tableLayout } from "./tab-writer.ts";

test("cells of lines that follow one another stand below one another; the last text of a line is in no column", () => {
  expect(alignTabs("A\tBB\tC\nlonger\tx\ty\n", tableLayout)).toBe("A        BB    C\nlonger   x     y\n");
});

test("a line without tabs separates what stands above from what stands below", () => {
  expect(alignTabs("Name:\tweb\nPorts:\n  a-long-name:\t80\n", describeLayout)).toBe("Name:  web\nPorts:\n  a-long-name:  80\n");
});

test("characters count, not code units", () => {
  expect(alignTabs("🙂\tx\nab\ty\n", describeLayout)).toBe("🙂   x\nab  y\n");
});
