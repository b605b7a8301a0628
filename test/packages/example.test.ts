import { expect, test } from "vitest";
import { installExample, succeed } from "../examples/install-example.ts";

// The others are tried by `npm run test:examples`: they take minutes.
test("the example of a server on Fastify is installed, compiles, and passes its tests", async () => {
  await using folder = await installExample("fastify-keycloak", { isOffline: true });
  const { stdout } = await succeed({ file: "npm", args: ["test"], cwd: folder.path });
  expect(stdout).toMatch(/^ℹ pass 4$/m);
});
