/**
 * A test runner of Stryker for tests that leave nothing behind. All of them are
 * loaded once, and run in this one process for mutant after mutant: vitest needs
 * a second to begin, which is longer than these tests take.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import { pathToFileURL } from "node:url";

/** What the instrumented code reads and writes. */
const instrumented = (globalThis.__stryker__ ??= {});
/** The snapshots of the first run, for the processes that come after. */
const SNAPSHOTS = "mutate-snapshots.json";

class InProcessRunner {
  #collect;
  /** What went wrong in no call of a test, as in a timer. */
  #uncaught;

  capabilities() {
    // A new process each time: modules cannot be unloaded.
    return { reloadEnvironment: false };
  }

  async dryRun() {
    const { collected, snapshots } = await this.#load();
    const tests = [];
    for (const { name, run, after } of collected) {
      instrumented.currentTestId = name;
      const began = performance.now();
      const failure = await this.#run(name, run, after);
      instrumented.currentTestId = undefined;
      const common = { id: name, name, timeSpentMs: performance.now() - began };
      tests.push(failure === undefined ? { ...common, status: 0 } : { ...common, status: 1, failureMessage: failure });
    }
    writeFileSync(SNAPSHOTS, JSON.stringify([...snapshots]));
    return { status: "complete", tests, mutantCoverage: instrumented.mutantCoverage };
  }

  async mutantRun({ activeMutant, mutantActivation, testFilter, hitLimit }) {
    instrumented.activeMutant = mutantActivation === "static" ? activeMutant.id : undefined;
    instrumented.hitCount = 0;
    instrumented.hitLimit = hitLimit;
    let collected;
    try {
      ({ collected } = await this.#load());
    } catch (error) {
      // Only what runs while the files are loaded can break that; all else is no finding.
      if (mutantActivation !== "static" || error?.code === "ERR_MODULE_NOT_FOUND") throw error;
      return { status: "killed", killedBy: ["loading"], failureMessage: String(error), nrOfTests: 1 };
    }
    instrumented.activeMutant = activeMutant.id;
    const wanted = testFilter && new Set(testFilter);
    let nrOfTests = 0;
    for (const { name, run, after } of collected) {
      if (wanted && !wanted.has(name)) continue;
      nrOfTests += 1;
      const failureMessage = await this.#run(name, run, after);
      if (hitLimit !== undefined && instrumented.hitCount > hitLimit) return { status: "timeout", reason: "hit limit" };
      if (failureMessage !== undefined) return { status: "killed", killedBy: [name], failureMessage, nrOfTests };
    }
    return { status: "survived", nrOfTests };
  }

  async #load() {
    if (this.#collect) return this.#collect;
    for (const event of ["uncaughtException", "unhandledRejection"]) {
      process.on(event, (error) => (this.#uncaught ??= error));
    }
    register("./hooks.mjs", import.meta.url);
    const collect = await import("./collect.mjs");
    if (existsSync(SNAPSHOTS)) {
      for (const [place, told] of JSON.parse(readFileSync(SNAPSHOTS, "utf8"))) collect.snapshots.set(place, told);
    }
    // The list of the sandbox: the project's may have changed since.
    const { TESTS } = await import(pathToFileURL("scripts/mutate/tests.mjs").href);
    for (const file of TESTS) {
      collect.inFile(file);
      await import(pathToFileURL(file).href);
    }
    this.#collect = collect;
    return collect;
  }

  /** What made the test fail; undefined if nothing did. */
  async #run(name, run, after) {
    Object.assign(this.#collect.current, { name, snapshots: 0 });
    this.#uncaught = undefined;
    try {
      await run();
      if (this.#uncaught !== undefined) throw this.#uncaught;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      for (const it of after) await it();
    }
    return undefined;
  }
}

/** As Stryker asks for it: its own package, which has a helper for this, is not to be found from here. */
const create = () => new InProcessRunner();
create.inject = [];
export const strykerPlugins = [{ kind: "TestRunner", name: "in-process", factory: create }];
