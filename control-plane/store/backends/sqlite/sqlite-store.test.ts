import { describeStore } from "../../testing/conformance.ts";
import { createSqliteStore } from "./index.ts";
import { temporaryFiles } from "./testing/temporary-files.ts";

const { newPath } = temporaryFiles();

describeStore("on SQLite", (settings) => createSqliteStore({ ...settings, path: newPath() }), {
  ordered: true,
  histories: 200,
});
