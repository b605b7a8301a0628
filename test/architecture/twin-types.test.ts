import { describe, expect, test } from "vitest";
import { twinTypes } from "./twin-types.ts";

const one = { path: "server/gate/src/keys/import-keys.ts", text: "export interface Candidate {}" };

describe("the rule that a type of a package has a name of its own", () => {
  test.each([
    ["an interface", "interface Candidate {}"],
    ["a type", "export type Candidate = string;"],
    ["a class", "export class Candidate {}"],
  ])("finds %s of a name that another file has", (_, text) => {
    const other = { path: "server/gate/src/authenticate/verify-token.ts", text };
    expect(twinTypes([one, other])).toEqual([
      `server/gate has more than one type Candidate: ${one.path}, ${other.path}`,
    ]);
  });

  test("does not mind other names, imports, and other packages", () => {
    const renamed = {
      path: "server/gate/src/authenticate/verify-token.ts",
      text: "interface CandidateToken {}",
    };
    const user = {
      path: "server/gate/src/keys/static-keys.ts",
      text: 'import type { Candidate } from "./a.ts";',
    };
    const elsewhere = { path: "server/node/src/listener.ts", text: "interface Candidate {}" };
    expect(twinTypes([one, renamed, user, elsewhere])).toEqual([]);
  });
});
