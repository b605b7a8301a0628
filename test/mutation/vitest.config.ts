import { defineConfig } from "vitest/config";

const conditions = ["@countersign/source"];

// The tests that the mutants of authenticate/ and authorize/ must fail: those beside them, and no slower ones.
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/gate/{authenticate,authorize}/**/*.test.ts"],
    // A mutant that hangs is ended by Stryker, before this.
    testTimeout: 60_000,
  },
});
