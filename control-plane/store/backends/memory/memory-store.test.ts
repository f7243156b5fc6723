import { describeStore } from "../../testing/conformance.ts";
import { createMemoryStore } from "./index.ts";

describeStore("in memory", async (settings) => createMemoryStore(settings), { ordered: true, histories: 200 });
