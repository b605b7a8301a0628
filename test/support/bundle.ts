import { fileURLToPath } from "node:url";
import { build } from "vite";

/**
 * Bundle a module and all that it imports into one script for a page.
 *
 * @param entry a file, as a `file:` URL
 */
export async function bundleForBrowser(entry: URL): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@countersign/source", "module", "browser", "development|production"] },
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(entry), formats: ["iife"], name: "page" },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  const chunk = output !== undefined && "output" in output ? output.output[0] : undefined;
  if (chunk === undefined) {
    throw new Error(`${entry.href} was bundled to nothing`);
  }
  return chunk.code;
}
