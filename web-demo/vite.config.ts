import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `vite dev` finds a running `countersign demo`. */
const DEMO_SERVER = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  // The workspace's packages are read as sources, so that the demo builds before anything is compiled.
  resolve: {
    conditions: ["@countersign/source", "module", "browser", "development|production"],
    // The guides, protos and code that the page links to, as files beside it.
    alias: [{ find: /^repository:/, replacement: fileURLToPath(new URL("..", import.meta.url)) }],
  },
  build: {
    // The package of the demo ships the page.
    outDir: "../server/demo/dist/page",
    emptyOutDir: true,
    // The page is published with the libraries that it bundles: their licenses ask to be passed on.
    license: { fileName: "licenses.md" },
    target: "es2022",
    // Inlined assets would be data: URLs, which the server's content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // On a slow machine each build would warn of the time that plugins take.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  server: {
    host: "127.0.0.1",
    proxy: { "^/countersign\\.": DEMO_SERVER },
  },
});
