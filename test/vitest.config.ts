import { defineConfig } from "vitest/config";

const conditions = ["@countersign/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**", "output/**"],
    // Two workers: the suite starts servers, browsers and databases of its own beside them.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: ["default"],
  },
});
