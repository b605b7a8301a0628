import { create, createFileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, SourceCodeInfoSchema } from "@bufbuild/protobuf/wkt";
import { Access, file_countersign_auth_v1_options } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { Health } from "@countersign/gen/grpc/health/v1/health_pb.js";
import { describe, expect, test } from "vitest";
import { AUTHENTICATED_POLICY, PUBLIC_POLICY } from "../../../server/gate/src/authorize/policy.ts";
import type { Policy } from "../../../server/gate/src/authorize/policy-fields.ts";
import {
  createPolicyTable,
  PolicyError,
  toMethodName,
} from "../../../server/gate/src/authorize/policy-table.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { ownServices } from "../../support/services.ts";

const AUTHENTICATED = { access: Access.AUTHENTICATED };

function offendersOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof PolicyError) {
      return error.offenders;
    }
    throw error;
  }
  return [];
}

describe("the proof at start (S2)", () => {
  test("lists all offenders at once, each with its file, in order", () => {
    const service = echoService({
      Zeta: {},
      Good: { policy: AUTHENTICATED },
      Beta: { policy: { access: Access.PUBLIC, scopes: ["a"] } },
      Alpha: { policy: { access: Access.AUTHENTICATED, rule: "nobody" } },
    });
    expect(offendersOf(() => createPolicyTable([service]))).toEqual([
      "test.v1.EchoService/Alpha has a rule that names an unknown variable nobody (test/v1/echo.proto)",
      "test.v1.EchoService/Beta is public, yet sets conditions on the token (test/v1/echo.proto)",
      "test.v1.EchoService/Zeta has no access rule (test/v1/echo.proto)",
    ]);
    const message = [
      "3 of the methods cannot be served:",
      "  test.v1.EchoService/Alpha has a rule that names an unknown variable nobody (test/v1/echo.proto)",
      "  test.v1.EchoService/Beta is public, yet sets conditions on the token (test/v1/echo.proto)",
      "  test.v1.EchoService/Zeta has no access rule (test/v1/echo.proto)",
    ].join("\n");
    expect(() => createPolicyTable([service])).toThrowError(
      expect.objectContaining({ name: "PolicyError", message }),
    );
  });

  test("lists the offenders of all services", () => {
    const services = [echoService({ Call: {} }), Health];
    const offenders = offendersOf(() => createPolicyTable(services));
    expect(offenders.map((line) => line.split(" ")[0])).toEqual([
      ...Health.methods.map(toMethodName).sort(),
      "test.v1.EchoService/Call",
    ]);
  });

  test("names the line where the descriptor knows it", () => {
    const { file } = echoService({ First: { policy: AUTHENTICATED }, Second: {} });
    const location = [
      { path: [6, 0, 2, 0], span: [36, 2, 50] },
      { path: [6, 0, 2, 1], span: [41, 2, 50] },
    ];
    const sourceCodeInfo = create(SourceCodeInfoSchema, { location });
    const located = create(FileDescriptorProtoSchema, { ...file.proto, sourceCodeInfo });
    const service = createFileRegistry(located, () => file_countersign_auth_v1_options).getService(
      "test.v1.EchoService",
    );
    expect(offendersOf(() => createPolicyTable(service === undefined ? [] : [service]))).toEqual([
      "test.v1.EchoService/Second has no access rule (test/v1/echo.proto:42)",
    ]);
  });

  test("passes our own services", () => {
    expect(offendersOf(() => createPolicyTable(ownServices))).toEqual([]);
  });

  test("takes a rule from the server for a proto without any", () => {
    const table = createPolicyTable([Health], new Map([[Health, PUBLIC_POLICY]]));
    expect(table.entries).toHaveLength(Health.methods.length);
    expect(table.entries.every(({ source, policy }) => source === "server" && policy === PUBLIC_POLICY)).toBe(
      true,
    );
  });

  test("refuses two rules for one method", () => {
    const service = echoService({ Call: { policy: AUTHENTICATED } });
    expect(
      offendersOf(() => createPolicyTable([service], new Map([[service, AUTHENTICATED_POLICY]]))),
    ).toEqual([
      "test.v1.EchoService/Call has a rule in its proto and another from the server (test/v1/echo.proto)",
    ]);
  });
});

describe("the policy table (S2)", () => {
  const names = ["B", "A", "D", "C"];
  const service = echoService(
    Object.fromEntries(names.map((name) => [name, name === "B" ? { policy: AUTHENTICATED } : {}])),
    { access: Access.PUBLIC },
  );

  test("has each method once, by name, with where its rule stands", () => {
    const table = createPolicyTable([service, service]);
    expect(table.entries.map(({ method, source }) => `${toMethodName(method)} ${source}`)).toEqual([
      "test.v1.EchoService/A service",
      "test.v1.EchoService/B method",
      "test.v1.EchoService/C service",
      "test.v1.EchoService/D service",
    ]);
  });

  test("finds rules by descriptor, never by name", () => {
    const table = createPolicyTable([service]);
    expect(table.get(methodOf(service, "B"))?.access).toBe("authenticated");
    expect(table.get(methodOf(service, "A"))?.access).toBe("public");
    const impostor = echoService({ B: { policy: { access: Access.PUBLIC } } });
    expect(table.get(methodOf(impostor, "B"))).toBeUndefined();
  });
});

describe("rules that a server gives", () => {
  const service = echoService({ Call: {} });
  const faults: Readonly<Record<string, Partial<Policy>>> = {
    "is public, yet sets conditions on the token": { scopes: ["admin"] },
    "has an empty name, or one with a space in it": { access: "authenticated", roles: ["a b"] },
    "has a duration that is not positive": { access: "authenticated", maxAuthAgeSeconds: Number.NaN },
    "is public, yet has a rule or ends its streams": { streamMaxAgeMs: 1000 },
  };

  test.each(Object.entries(faults))("are held to the same: %s", (fault, parts) => {
    const given = new Map([[service, { ...PUBLIC_POLICY, ...parts }]]);
    expect(() => createPolicyTable([service], given)).toThrow(
      `test.v1.EchoService/Call ${fault} (in the policies of the server)`,
    );
  });
});
