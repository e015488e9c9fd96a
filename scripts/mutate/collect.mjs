/**
 * What tests get for "vitest" while they are run for mutants: as much of it as
 * the tests in tests.mjs use. Tests are only collected here; runner.mjs runs them.
 */
import { inspect } from "node:util";

import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";

/** @typedef {{ name: string, run: () => unknown, after: (() => unknown)[] }} Collected */

/** @type {Collected[]} */
export const collected = [];
/** What each snapshot was without a mutant, by test and place in it. @type {Map<string, string>} */
export const snapshots = new Map();
/** Of the test that runs. */
export const current = { name: "", snapshots: 0 };

/** @type {{ name: string, after: (() => unknown)[] }[]} */
const suites = [];

/** As vitest fills the title of a row in. */
function titleOf(title, row, index) {
  const values = Array.isArray(row) ? [...row] : [row];
  const filled = title.replaceAll(/%[sijdfop#]/g, (sign) => (sign === "%#" ? index : inspect(values.shift())));
  return filled.replaceAll(/\$(\w+)/g, (_, name) => String(row?.[name]));
}

const withEach = (define) =>
  Object.assign(define, {
    each:
      (rows) =>
      (title, ...rest) => {
        for (const [index, row] of rows.entries()) {
          const run = rest.findLast((it) => typeof it === "function");
          define(titleOf(title, row, index), () => (Array.isArray(row) ? run(...row) : run(row)));
        }
      },
  });

export const test = withEach((title, ...rest) => {
  const name = [...suites.map((it) => it.name), title].join(" > ");
  const run = rest.find((it) => typeof it === "function");
  collected.push({ name, run, after: suites.flatMap((it) => it.after) });
});
export const it = test;

export const describe = withEach((name, run) => {
  suites.push({ name, after: [] });
  run();
  suites.pop();
});

export function inFile(name) {
  suites.splice(0, suites.length, { name, after: [] });
}

export function afterEach(run) {
  suites.at(-1).after.push(run);
}

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
chai.use((_, utils) => {
  for (const method of ["toMatchSnapshot", "toMatchInlineSnapshot"]) {
    utils.addMethod(chai.Assertion.prototype, method, function () {
      const place = `${current.name} ${current.snapshots++}`;
      const told = inspect(this._obj, { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity });
      if (!snapshots.has(place)) snapshots.set(place, told);
      this.assert(told === snapshots.get(place), "not as it was without the mutant", "as it was", true, true);
    });
  }
});

export const expect = Object.assign(
  (value, message) => chai.expect(value, message),
  chai.expect,
  globalThis[ASYMMETRIC_MATCHERS_OBJECT],
);
setState({ assertionCalls: 0, isExpectingAssertions: false, isExpectingAssertionsError: null }, expect);

export const vi = { useRealTimers() {} };
