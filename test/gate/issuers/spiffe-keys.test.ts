import { expect, test } from "vitest";
import { spiffe } from "../../../server/gate/src/issuers/spiffe.ts";
import { notEmpty } from "../../support/not-empty.ts";

const trustDomain = "acme.example";
const bundle = { keys: [] };
const bundleUri = "https://spire.example/keys";
const fetched: readonly (readonly [name: string, given: object])[] = [
  ["headers", { headers: { authorization: "Bearer a" } }],
  ["fetch", { fetch }],
  ["headers, fetch", { headers: {}, fetch }],
];
test.each(notEmpty(fetched))("spiffe refuses %s beside a bundle that is given", (names, given) => {
  expect(() => spiffe({ trustDomain, bundle, ...given })).toThrow(
    `spiffe takes no ${names} beside bundle: keys that are given are not fetched`,
  );
  expect(spiffe({ trustDomain, bundleUri, ...given }).keys).toMatchObject({ jwksUri: bundleUri, ...given });
  expect(spiffe({ trustDomain, bundle }).keys).toEqual({ jwks: bundle });
});
