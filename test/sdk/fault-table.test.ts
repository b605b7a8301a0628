import { join } from "node:path";
import { createMemoryStore, type SessionStore } from "@countersign/sdk";
import { createFileStore } from "@countersign/sdk/node";
import { FAULT_TABLE } from "@countersign/sdk/testing";
import { describe, expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

describe("the fault table that users get, over the memory store", () => {
  test.each(notEmpty(FAULT_TABLE))("row $row: $name", ({ run }) => run());
});

describe("the fault table that users get, over files", () => {
  test.each(notEmpty(FAULT_TABLE))("row $row: $name", async ({ run }) => {
    await using folder = await createTemporaryFolder();
    await run({ createStore: () => createFileStore({ directory: join(folder.path, "session") }) });
  });
});

test("finds a store that does not compare", async () => {
  const createStore = (): SessionStore => {
    const inner = createMemoryStore();
    return {
      read: () => inner.read(),
      compareAndSet: async (_expected, next) => inner.compareAndSet((await inner.read())?.revision, next),
    };
  };
  const results = await Promise.allSettled(FAULT_TABLE.map(({ run }) => run({ createStore })));
  const failed = FAULT_TABLE.filter((_, index) => results[index]?.status === "rejected").map(
    ({ row }) => row,
  );
  expect(failed).toContain(3);
});
