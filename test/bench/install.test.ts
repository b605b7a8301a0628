import { expect, test } from "vitest";
import { createInstallBench } from "./benches/install.ts";

test("bench install measures every role", async () => {
  const rows = await createInstallBench().run({ rounds: 1, quick: true });
  const sides = ["gate", "node", "issuer"].flatMap((role) =>
    ["packages", "disk", "import"].map((what) => `${role} ${what}`),
  );
  expect(rows.map(({ side }) => side)).toEqual(sides);
  for (const { median } of rows) {
    expect(median).toBeGreaterThan(0);
  }
});
