import { defineConfig } from "vitest/config";

const conditions = ["@countersign/source"];
const exclude = ["**/node_modules/**", "dist/**", "output/**"];

// Against a running server, a browser and programs of others: these need what is built, and more time.
const wholeSystem = ["e2e/**/*.test.ts", "docs/**/*.test.ts"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Two workers: the suite starts servers, browsers and databases of its own beside them.
    maxWorkers: 2,
    reporters: ["default"],
    projects: [
      {
        extends: true,
        test: {
          name: "parts",
          include: ["**/*.test.ts"],
          exclude: [...exclude, ...wholeSystem],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "whole",
          include: wholeSystem,
          exclude,
          globalSetup: ["support/build.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
