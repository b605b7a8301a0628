import { defineConfig } from "vitest/config";

const conditions = ["@countersign/source"];

/** The programs of docs/examples, each as its readers get it: `npm run test:examples`. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["**/*.test.ts"],
    globalSetup: ["../support/packages.ts"],
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
  },
});
