import { GUARD } from "./read-source.ts";

/** How a project runs its tests. */
export type Runner = "jest" | "jestGlobals" | "node" | "vitest";

/** What goes into the test. */
export interface InventoryTest {
  readonly runner: Runner;
  /** The module of the gate, as the test imports it. */
  readonly guard: string;
  /** Every method with its rule. */
  readonly inventory: readonly string[];
}

const RUNNERS = {
  jest: { imports: [], compare: (list) => `expect(inventory).toEqual(${list})` },
  jestGlobals: {
    imports: ['import { expect, test } from "@jest/globals";'],
    compare: (list) => `expect(inventory).toEqual(${list})`,
  },
  node: {
    imports: ['import assert from "node:assert/strict";', 'import { test } from "node:test";'],
    compare: (list) => `assert.deepEqual(inventory, ${list})`,
  },
  vitest: {
    imports: ['import { expect, test } from "vitest";'],
    compare: (list) => `expect(inventory).toEqual(${list})`,
  },
} as const satisfies Readonly<
  Record<Runner, { readonly imports: readonly string[]; readonly compare: (list: string) => string }>
>;

/** Write a test that holds the access rules of a server to those that were read by a person. */
export function writeInventoryTest({ runner, guard, inventory }: InventoryTest): string {
  const { imports, compare } = RUNNERS[runner];
  const list = `[\n${inventory.map((line) => `    ${JSON.stringify(line)},\n`).join("")}  ]`;
  return [
    ...imports,
    `import { ${GUARD}, services } from "${guard}";`,
    "",
    'test("who may call what is what it was: change this list when you change the rules", () => {',
    `  const { policyTable } = ${GUARD}((router) => {`,
    "    for (const service of services) {",
    "      router.service(service, {});",
    "    }",
    "  });",
    "  const inventory = policyTable.entries.map(({ method, policy }) =>",
    '    [method.parent.typeName + "/" + method.name, policy.access, ...policy.roles].join(" "),',
    "  );",
    `  ${compare(list)};`,
    "});",
    "",
  ].join("\n");
}
