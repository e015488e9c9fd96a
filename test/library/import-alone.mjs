/**
 * Imports the package in a process of its own, where everything that reaches
 * out of the module is watched, and prints what was reached for.
 */
import childProcess from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";

const seen = [];

/** Node's own loader reads modules through the same functions. */
function isLoaders(path) {
  return /[\\/](?:node_modules|dist)[\\/].*\.(?:c|m)?js(?:on)?$|package\.json$/.test(String(path));
}

for (const [name, module] of Object.entries({ fs, "fs.promises": fs.promises, net, http, childProcess })) {
  for (const [key, original] of Object.entries(module)) {
    if (typeof original !== "function" || /^[A-Z]/.test(key)) continue;
    module[key] = function watched(...words) {
      if (!isLoaders(words[0])) seen.push(`${name}.${key}(${String(words[0])})`);
      return original.apply(this, words);
    };
  }
}
syncBuiltinESMExports();

for (const stream of ["stdout", "stderr"]) {
  const write = process[stream].write.bind(process[stream]);
  process[stream].write = (...words) => {
    seen.push(`${stream}.write`);
    return write(...words);
  };
}

const listeners = () => process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`);
/** What would keep the process alive; files being closed are the loader's. */
const resources = () =>
  process
    .getActiveResourcesInfo()
    .filter((name) => name !== "CloseReq" && !name.startsWith("FSReq"))
    .toSorted();
const before = { cwd: process.cwd(), globals: Object.keys(globalThis), listeners: listeners(), resources: resources() };
const env = process.env;
/** Node's own loader asks for variables of its own. */
const note = (what) => new Error().stack.split("\n")[3].includes("(node:internal/modules/") || seen.push(what);
process.env = new Proxy(env, {
  get: (_, key) => (note(`env ${String(key)}`), env[key]),
  has: (_, key) => (note(`env ${String(key)}`), key in env),
  ownKeys: () => (note("env"), Reflect.ownKeys(env)),
});

const library = await import("clawdbot-sessions");

process.env = env;
const after = { cwd: process.cwd(), globals: Object.keys(globalThis), listeners: listeners(), resources: resources() };
const told = { names: Object.keys(library).toSorted(), before, after, seen: [...seen] };
process.stdout.write(JSON.stringify(told));
