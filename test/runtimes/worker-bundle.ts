import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "vite";

/** The date whose behaviour workerd is to have. */
const COMPATIBILITY_DATE = "2026-11-01";

/** What workerd is told to serve: the worker, which may fetch from anywhere, on a port of loopback. */
const CONFIG = `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "${COMPATIBILITY_DATE}",
      bindings = [(name = "SETTINGS", fromEnvironment = "SETTINGS")],
      globalOutbound = "network",
    )),
    (name = "network", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;

/**
 * Bundle a worker and all that it imports, as those who deploy one do. workerd takes the default export of a module.
 *
 * @returns the configuration with which workerd serves it
 */
export async function buildWorker(folder: string, worker: string): Promise<string> {
  const outDir = join(folder, worker.replace(".ts", ""));
  const entry = join(folder, `entry-of-${worker}`);
  await writeFile(entry, `export { worker as default } from "./${worker}";\n`);
  await build({
    configFile: false,
    logLevel: "error",
    root: folder,
    resolve: { conditions: ["workerd", "worker", "module"] },
    build: {
      outDir,
      minify: false,
      rollupOptions: { output: { codeSplitting: false } },
      lib: { entry, formats: ["es"], fileName: () => "worker.js" },
    },
  });
  const config = join(outDir, "workerd.capnp");
  await writeFile(config, CONFIG);
  return config;
}
