import { createTasks, silent } from "@kubets/machinery";
import { createSystemClock, turn } from "@kubets/machinery/node";
import { startContainerd } from "../node/containerd.ts";

// A program of its own for tests that kill it: starts containerd in the directory that it is given, says so, and stays.

const [directory = ""] = process.argv.slice(2);
const containerd = await startContainerd({ directory, clock: createSystemClock(), tasks: createTasks({ turn }), logger: silent });
console.log(JSON.stringify({ isAdopted: containerd.isAdopted }));
