/** Gives whoever imports vitest what collect.mjs has for it. */
const COLLECT = new URL("collect.mjs", import.meta.url).href;

export async function resolve(specifier, context, next) {
  return specifier === "vitest"
    ? { url: COLLECT, format: "module", shortCircuit: true }
    : await next(specifier, context);
}
