// Cached compilation must be on before anything else is imported: six hundred modules start in 0.2 s instead of 0.8 s.
import { enableCompileCache } from "node:module";

enableCompileCache();

const { run } = await import("./program.ts");
// What a failed start left running must not keep the program alive.
process.exit(await run(process.argv.slice(2)));
