import { create } from "@bufbuild/protobuf";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { createPolicyTable, PolicyError } from "../../../server/gate/src/authorize/policy-table.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { principalOf } from "./fixtures.ts";
import { Order, orderService } from "./order-file.ts";

const policy = { access: Access.AUTHENTICATED, rule: "request.text == principal.claims.tenant" };
const lines = { method: 11, rule: 14 };

function offendersOf(run: () => unknown) {
  try {
    run();
    return [];
  } catch (error) {
    return error instanceof PolicyError ? error.offenders : [String(error)];
  }
}

describe("the message that describes the claims of a service (option claims_type)", () => {
  test("is found in what its file imports, and its rules read claims by it", () => {
    const service = orderService({ claimsType: "test.v1.Claims", policy });
    const table = createPolicyTable([service]);
    expect(table.entries.map(({ claimsType }) => claimsType)).toEqual(["test.v1.Claims"]);
    const rule = table.get(methodOf(service, "Place"))?.rule;
    const token = (claims: Record<string, unknown>) => principalOf({ claims });
    const acme = create(Order, { text: "acme" });
    expect(rule?.allows(token({ "https://acme.com/tenant": "acme" }), acme)).toBe(true);
    expect(rule?.allows(token({ tenant: "acme" }), acme)).toBe(false);
    expect(rule?.allows(token({}), create(Order))).toBe(false);
  });

  test("leaves claims as they are where there is none", () => {
    const service = orderService({ policy });
    const table = createPolicyTable([service]);
    expect(table.entries.map(({ claimsType }) => claimsType)).toEqual([undefined]);
    const rule = table.get(methodOf(service, "Place"))?.rule;
    expect(rule?.allows(principalOf({ claims: { tenant: "acme" } }), create(Order, { text: "acme" }))).toBe(
      true,
    );
  });

  test("may stand in the file of another service that is served", () => {
    const echo = echoService({ Call: { policy: { access: Access.PUBLIC } } });
    const service = orderService({ claimsType: "test.v1.Echo", policy: { access: Access.AUTHENTICATED } });
    expect(createPolicyTable([service, echo]).entries.map(({ claimsType }) => claimsType)).toContain(
      "test.v1.Echo",
    );
    expect(offendersOf(() => createPolicyTable([service]))).toHaveLength(1);
  });

  test.each(["test.v1.Clams", "Claims", "", "test.v1.Claims.tenant", "test.v1.State"])(
    "stops the start when it is not there: %s",
    (claimsType) => {
      const service = orderService({ claimsType, policy: { access: Access.AUTHENTICATED }, lines });
      expect(offendersOf(() => createPolicyTable([service]))).toEqual([
        `test.v1.OrderService names claims_type ${JSON.stringify(claimsType)}, which no file that it imports declares (test/v1/order_service.proto:1)`,
      ]);
    },
  );

  test.each([
    ["principal.claims.tenent == 'a'", "names principal.claims.tenent, which test.v1.Claims does not have"],
    ["principal.claims.level != 'a'", 'compares int with string: principal.claims.level != "a"'],
    ["principal.claims.tenant == 7", "compares string with int: principal.claims.tenant == 7"],
  ])("stops the start at a rule that mistakes it, with file and line: %s", (rule, what) => {
    const service = orderService({
      claimsType: "test.v1.Claims",
      policy: { access: Access.AUTHENTICATED, rule },
      lines,
    });
    expect(offendersOf(() => createPolicyTable([service]))).toEqual([
      `test.v1.OrderService/Place has a rule that ${what} (test/v1/order_service.proto:15)`,
    ]);
  });

  test("a claim of another form is told once for each issuer, by its name and not by its value", () => {
    const warnings: string[] = [];
    const service = orderService({ claimsType: "test.v1.Claims", policy });
    const table = createPolicyTable([service], new Map(), (message) => warnings.push(message));
    const rule = table.get(methodOf(service, "Place"))?.rule;
    for (const issuer of ["https://a.example", "https://b.example", "https://a.example"]) {
      const principal = principalOf({ issuer, claims: { "https://acme.com/tenant": ["secret"] } });
      expect(rule?.allows(principal, create(Order))).toBe(false);
      expect(rule?.allows(principal, create(Order))).toBe(false);
    }
    expect(warnings).toEqual(
      ["https://a.example", "https://b.example"].map(
        (issuer) =>
          `claim "https://acme.com/tenant" in tokens of ${issuer} is no string, as test.v1.Claims.tenant says: rules that read it deny`,
      ),
    );
  });

  test("claims of another form are told 100 times at the most, however many tenants an issuer has", () => {
    const warnings: string[] = [];
    const service = orderService({ claimsType: "test.v1.Claims", policy });
    const table = createPolicyTable([service], new Map(), (message) => warnings.push(message));
    const rule = table.get(methodOf(service, "Place"))?.rule;
    for (let tenant = 0; tenant < 200; tenant += 1) {
      const claims = { "https://acme.com/tenant": 7 };
      rule?.allows(principalOf({ issuer: `https://login.example/${tenant}`, claims }), create(Order));
    }
    expect(warnings).toHaveLength(100);
  });
});
