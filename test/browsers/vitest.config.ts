import { defineConfig } from "vitest/config";

const conditions = ["@countersign/source"];

/** Real browsers other than the one of the rest: `npm run test:browsers`. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ["!(smoke).test.ts"], maxWorkers: 1, testTimeout: 300_000, hookTimeout: 300_000 },
});
