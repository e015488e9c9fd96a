/** Makes the files of dist/ out of src/. */
import { readFileSync } from "node:fs";
import path from "node:path";

import { type Plugin, rolldown } from "rolldown";

import { licenceOf, packagesOf } from "./licences.ts";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
const installed = Object.keys(manifest.dependencies);

const groups = filesFor({ library: "src/index.ts", program: "src/program.ts" });

// A few files instead of two hundred: reading them took most of the time of a small log. What every run needs is in
// them; what a package is needed for now and then (a socket, a date in words) is installed beside them and loaded late.
const bundle = await rolldown({
  input: { program: "src/program.ts", index: "src/index.ts", plugin: "src/plugin.ts" },
  platform: "node",
  external: (id) => id.startsWith("node:") || installed.some((name) => id === name || id.startsWith(`${name}/`)),
  plugins: [withoutChildProcess(), withoutColourDetection(), groups.plugin, licenses()],
});
await bundle.write({
  dir: "dist",
  format: "esm",
  cleanDir: true,
  minify: true,
  codeSplitting: { groups: groups.list },
});
await bundle.close();

/**
 * Puts all that an entry needs at once into one file, less what an entry before
 * it needs as well. Left to itself the bundler makes a file of every piece that
 * two of the late parts share.
 */
function filesFor(entries: Readonly<Record<string, string>>) {
  const fileOf = new Map<string, string>();
  const plugin: Plugin = {
    name: "files-for-entries",
    buildEnd() {
      for (const [name, entry] of Object.entries(entries)) {
        const open = [path.resolve(entry)];
        for (let id = open.pop(); id !== undefined; id = open.pop()) {
          if (fileOf.has(id)) continue;
          fileOf.set(id, name);
          open.push(...(this.getModuleInfo(id)?.importedIds ?? []));
        }
      }
    },
  };
  const list = Object.keys(entries).map((name) => ({ name, test: (id: string) => fileOf.get(id) === name }));
  return { plugin, list };
}

/**
 * Commander can start a subcommand as a program of its own, which none of ours
 * is. Gateways refuse a plugin in whose files they see that (docs/gateways.md).
 */
function withoutChildProcess(): Plugin {
  const call = "require('node:child_process')";
  return {
    name: "without-child-process",
    transform(code, id) {
      if (!id.endsWith("commander/lib/command.js")) return null;
      if (!code.includes(call)) throw new Error("commander has changed: look how it loads node:child_process now");
      return code.replace(call, "{}");
    },
  };
}

/** Chalk looks at the terminal when it is loaded, with half of Node's network; our reporters are told whether to paint. */
function withoutColourDetection(): Plugin {
  const NONE = "\0no-colour-detection";
  return {
    name: "without-colour-detection",
    resolveId: (id, importer) => (id === "#supports-color" && importer?.includes("/chalk/") ? NONE : null),
    load: (id) => (id === NONE ? "export default { stdout: false, stderr: false };" : null),
  };
}

/** The licences of what went into the bundle, as they ask for. */
function licenses(): Plugin {
  return {
    name: "licenses",
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((it) => (it.type === "chunk" ? it.moduleIds : []));
      const texts = packagesOf(modules).map((folder) => {
        const { name, version, license } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as {
          name: string;
          version: string;
          license: string;
        };
        return `${name} ${version} (${license})\n\n${licenceOf(folder)}\n`;
      });
      this.emitFile({ type: "asset", fileName: "LICENSES.txt", source: texts.join(`\n${"-".repeat(72)}\n\n`) });
    },
  };
}
