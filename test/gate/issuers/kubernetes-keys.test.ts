import { expect, test } from "vitest";
import { kubernetes } from "../../../server/gate/src/issuers/kubernetes.ts";
import { notEmpty } from "../../support/not-empty.ts";

const jwks = { keys: [] };
const fetched: readonly (readonly [name: string, given: object])[] = [
  ["jwksUri", { jwksUri: "https://cluster.example/jwks" }],
  ["headers", { headers: { authorization: "Bearer a" } }],
  ["fetch", { fetch }],
  ["jwksUri, headers", { jwksUri: "https://cluster.example/jwks", headers: {} }],
];
test.each(notEmpty(fetched))("kubernetes refuses %s beside a key set that is given", (names, given) => {
  expect(() => kubernetes({ jwks, ...given })).toThrow(
    `kubernetes takes no ${names} beside jwks: keys that are given are not fetched`,
  );
  expect(kubernetes(given).keys).toMatchObject(given);
  expect(kubernetes({ jwks }).keys).toEqual({ jwks });
});
