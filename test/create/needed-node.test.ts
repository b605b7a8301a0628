import { describe, expect, test } from "vitest";
import { readUserNode } from "../../server/create/src/needed-node.ts";
import { notEmpty } from "../support/not-empty.ts";

describe("the Node of the user, on a program that runs on 26.10.0", () => {
  test.each(
    notEmpty([
      { userAgent: "npm/11.19.1 node/v20.20.2 linux x64 workspaces/false", node: "20.20.2" },
      { userAgent: "pnpm/10.1.0 npm/? node/v22.3.0 linux x64", node: "22.3.0" },
      { userAgent: "yarn/1.22.22 npm/? node/v20.1.0 linux x64", node: "20.1.0" },
      { userAgent: "bun/1.3.0 npm/? node/v24.3.0 linux x64", node: "26.10.0" },
      { userAgent: "npm", node: "26.10.0" },
      { userAgent: undefined, node: "26.10.0" },
    ]),
  )("is $node where npm calls itself $userAgent", ({ userAgent, node }) => {
    expect(readUserNode(userAgent, "26.10.0")).toBe(node);
  });
});
