/** Prints ratios, each against a baseline of the same run: absolute times say nothing on another machine. */
import { lifecycle } from "./lifecycle.ts";
import { startup } from "./startup.ts";

await startup();
await lifecycle();
