/** What bin/ starts: the program and the world it runs in. */
export { main } from "./cli.ts";
export { nodeIo } from "./io.ts";
