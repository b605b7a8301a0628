import { expect, test } from "vitest";
import { cognito, entra, firebase, okta, workos } from "../../../server/gate/src/issuers/index.ts";
import { notEmpty } from "../../support/not-empty.ts";

/** What stands in a path of a URL and is no single part of one, or no tenant, and what is said of it. */
const wrong: readonly (readonly [what: string, make: () => unknown, complaint: string])[] = [
  ...["common", "Organizations", "consumers", "a/../b", "{tenantid}", "..", "a?b", "a b"].flatMap(
    (tenant) =>
      [
        [`tenant ${tenant}`, () => entra({ tenant }), "entra: tenant must be the id of one tenant"],
        [`tenants ${tenant}`, () => entra({ tenants: ["a", tenant] }), "entra: tenants must be a list of"],
      ] as const,
  ),
  ["no tenant of several", () => entra({ tenants: [] }), "entra: tenants must be a list of"],
  ...["a/b", "..", "a?b", "a#b", "a%2fb", "{tenantid}"].flatMap(
    (id) =>
      [
        [`project ${id}`, () => firebase({ projectId: id }), "firebase: projectId must be one identifier"],
        [`client ${id}`, () => workos({ clientId: id }), "workos: clientId must be one identifier"],
        [`pool ${id}`, () => cognito({ userPoolId: id, clientIds: "a" }), "userPoolId of cognito"],
        [
          `authorization server ${id}`,
          () => okta({ domain: "acme.okta.com", authorizationServer: id }),
          "okta: authorizationServer must be one identifier",
        ],
      ] as const,
  ),
];

test.each(notEmpty(wrong))("%s is refused", (_, make, complaint) => {
  expect(make).toThrow(TypeError);
  expect(make).toThrow(complaint);
});

test("an identifier of every provider is taken", () => {
  expect(firebase({ projectId: "example.com:acme-notes" }).audiences).toEqual(["example.com:acme-notes"]);
  expect(workos({ clientId: "client_01HXYZ" }).issuer).toBe("https://api.workos.com");
  expect(entra({ tenant: "8f3b2f0e-1f9d-4f0a-9a43-0c2f4f1f7a11" }).tenants).toBeUndefined();
  expect(okta({ domain: "acme.okta.com", authorizationServer: "aus1_a-b" }).issuer).toBe(
    "https://acme.okta.com/oauth2/aus1_a-b",
  );
});
