import { defineConfig } from "vitest/config";

const conditions = ["@countersign/source"];

/** Other runtimes than the repository's, and frameworks: `npm run test:runtimes`. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ["runtimes.test.ts"], maxWorkers: 1, testTimeout: 300_000, hookTimeout: 600_000 },
});
