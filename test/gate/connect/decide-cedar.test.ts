import { isAuthorized, preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import { describe, expect, test } from "vitest";
import type { Decide } from "../../../server/gate/src/connect/decide.ts";
import { kinds, mine, outcomeOf, setUp } from "./ruled-echo.ts";

/** Who may do what with a document, in the language of Cedar. */
const POLICIES = `
  permit (principal, action == Action::"Unary", resource) when { resource.owner == principal };
  permit (principal, action, resource) when { principal in resource.editors };
`;

/** What is stored: who owns a document, and who is in its team. */
function storedEntities(owner: string, team: readonly string[]) {
  const ada = { type: "User", id: "usr_ada" };
  return [
    { uid: ada, attrs: {}, parents: team.map((id) => ({ type: "Team", id })) },
    {
      uid: { type: "Document", id: "usr_ada" },
      attrs: {
        owner: { __entity: { type: "User", id: owner } },
        editors: { __entity: { type: "Team", id: "t1" } },
      },
      parents: [],
    },
  ];
}

/** Ask Cedar, as a server of a user would. A failure of the engine is none of its answers. */
function decideBy(entities: ReturnType<typeof storedEntities>): Decide {
  expect(preparsePolicySet("documents", { staticPolicies: POLICIES })).toMatchObject({ type: "success" });
  return async ({ principal, method, message }) => {
    const answer = statefulIsAuthorized({
      preparsedPolicySetId: "documents",
      principal: { type: "User", id: principal?.subject ?? "" },
      action: { type: "Action", id: method.name },
      resource: { type: "Document", id: String((message as { text?: string }).text) },
      context: {},
      entities: await Promise.resolve(entities),
    });
    if (answer.type === "failure") {
      throw new Error(answer.errors.map((error) => error.message).join());
    }
    return answer.response.decision === "allow";
  };
}

const DENIED = "PermissionDenied POLICY_DENIED";

describe("option decide with a real engine: Cedar", () => {
  test("allows what its policies permit, for each kind of method", async () => {
    const { client, seen } = setUp({ decide: decideBy(storedEntities("usr_eve", ["t1"])) });
    for (const call of Object.values(kinds)) {
      expect(await outcomeOf(() => call(client, [mine]))).toBe("passed");
    }
    expect(seen).toHaveLength(4);
  });

  test("goes by the method, the caller and the message", async () => {
    const { client } = setUp({ decide: decideBy(storedEntities("usr_ada", [])) });
    expect(await outcomeOf(() => kinds.unary(client, [mine]))).toBe("passed");
    expect(await outcomeOf(() => kinds["server stream"](client, [mine]))).toBe(DENIED);
    const stranger = setUp({ decide: decideBy(storedEntities("usr_eve", ["t2"])) });
    expect(await outcomeOf(() => kinds.unary(stranger.client, [mine]))).toBe(DENIED);
  });

  test("is unavailable when the engine fails, such as at policies that cannot be read", async () => {
    const { client, errors } = setUp({
      decide: ({ principal }) => {
        const answer = isAuthorized({
          principal: { type: "User", id: principal?.subject ?? "" },
          action: { type: "Action", id: "Unary" },
          resource: { type: "Document", id: "1" },
          context: {},
          policies: { staticPolicies: "permit (principal, action" },
          entities: [],
        });
        if (answer.type === "failure") {
          throw new Error("Cedar has failed");
        }
        return answer.response.decision === "allow";
      },
    });
    expect(await outcomeOf(() => client.unary(mine))).toBe("Unavailable AUTH_UNAVAILABLE");
    expect(errors.map(String)).toEqual(["Error: decide failed: Cedar has failed"]);
  });
});
