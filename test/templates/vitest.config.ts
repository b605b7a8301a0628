import { defineConfig } from "vitest/config";

const conditions = ["@countersign/source"];

/** Every project that `npm create countersign` makes: `npm run test:templates`. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["**/*.test.ts"],
    globalSetup: ["../support/postgres-template.ts"],
    maxWorkers: 1,
    testTimeout: 900_000,
    hookTimeout: 300_000,
    // It says at every start that it is not for production.
    onConsoleLog: (log) => !log.startsWith("oidc-provider "),
  },
});
