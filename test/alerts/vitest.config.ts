import { defineConfig } from "vitest/config";

const conditions = ["@countersign/source"];

/** The alerts, with promtool: `npm run test:alerts`, which gets it. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ["**/*.test.ts"], testTimeout: 300_000, hookTimeout: 300_000 },
});
