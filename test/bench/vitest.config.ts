import { defineConfig } from "vitest/config";

const conditions = ["@countersign/source"];

/** The benches that take long also when they are quick: `npm run test:benches`. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["{bench,clients,fleet,install,sessions,streams}.test.ts", "flood/flood.test.ts"],
    globalSetup: ["../support/postgres-template.ts"],
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
