import { expect, test } from "vitest";
import { writeCode } from "../../../server/cli/src/issuer-check/write-code.ts";

const issuer = "https://id.example.com";

test("writes an issuer on a line, or on several", () => {
  const members = { issuer, keys: { discovery: true } };
  expect(writeCode({ choice: undefined, members, isPartial: false })).toEqual([
    "issuers: [",
    '  { issuer: "https://id.example.com", keys: { discovery: true } },',
    "],",
  ]);
  const claims = { roles: ["cognito:groups", { path: ["realm_access", "roles"] }], scopes: ["scope", "scp"] };
  expect(writeCode({ choice: undefined, members: { ...members, claims }, isPartial: false })).toEqual([
    "issuers: [",
    "  {",
    '    issuer: "https://id.example.com",',
    "    keys: { discovery: true },",
    "    claims: {",
    '      roles: ["cognito:groups", { path: ["realm_access", "roles"] }],',
    '      scopes: ["scope", "scp"],',
    "    },",
    "  },",
    "],",
  ]);
});

test("writes a preset, and what stands beside it", () => {
  const choice = { preset: "keycloak", options: { realm: "http://keycloak:8080/realms/acme" } };
  expect(writeCode({ choice, members: {}, isPartial: false })).toEqual([
    'import { keycloak } from "@countersign/server/issuers";',
    "",
    "issuers: [",
    '  keycloak({ realm: "http://keycloak:8080/realms/acme" }),',
    "],",
  ]);
  const members = { insecure: { allowHttpHosts: ["keycloak:8080"] } };
  expect(writeCode({ choice, members, isPartial: false }).slice(2)).toEqual([
    "issuers: [",
    "  {",
    '    ...keycloak({ realm: "http://keycloak:8080/realms/acme" }),',
    '    insecure: { allowHttpHosts: ["keycloak:8080"] },',
    "  },",
    "],",
  ]);
});

test("reads files where the file of trusted issuers names them", () => {
  const keys = { jwksUri: `${issuer}/keys`, bearerTokenFile: "/run/token", caFile: "ca.pem" };
  const code = writeCode({ choice: undefined, members: { issuer, keys }, isPartial: false }).join("\n");
  expect(code).toContain('import { readFileSync } from "node:fs";');
  expect(code).toContain('import { createFetch } from "@countersign/node";');
  expect(code).toContain('fetch: createFetch({ ca: readFileSync("ca.pem", "utf8") })');
  expect(code).toContain('readFileSync("/run/token", "utf8").trim()');
});
