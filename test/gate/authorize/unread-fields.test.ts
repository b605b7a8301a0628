import { create, type DescField } from "@bufbuild/protobuf";
import { PolicySchema, type TokenBinding } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { describe, expect, test } from "vitest";
import { hasUnreadFields } from "../../../server/gate/src/authorize/unread-fields.ts";
import { notEmpty } from "../../support/not-empty.ts";

const SET = create(PolicySchema, {
  access: 3,
  scopes: ["a"],
  anyScopes: ["b"],
  roles: ["c"],
  audiences: ["d"],
  clientIds: ["e"],
  maxAuthAge: { seconds: 1n },
  acrValues: ["f"],
  binding: 2 as TokenBinding,
  rule: "true",
  stream: {},
});
const allBut = (name?: string): ReadonlySet<string> =>
  new Set(PolicySchema.fields.map(({ localName }) => localName).filter((each) => each !== name));

describe("a message whose generated code knows a field that nothing reads", () => {
  test.each(notEmpty(PolicySchema.fields))(
    "has unread fields when it sets $localName",
    (field: DescField) => {
      expect(hasUnreadFields(PolicySchema, SET, allBut(field.localName))).toBe(true);
    },
  );

  test.each(notEmpty(PolicySchema.fields))("has none when it does not set $localName", ({ localName }) => {
    expect(hasUnreadFields(PolicySchema, create(PolicySchema), allBut(localName))).toBe(false);
  });
});

test("has none when all that are set are read", () => {
  expect(hasUnreadFields(PolicySchema, SET, allBut())).toBe(false);
});

test("has some when the generated code does not know what is set", () => {
  const $unknown = [{ no: 99, wireType: 0, data: Uint8Array.of(1) }];
  expect(hasUnreadFields(PolicySchema, { ...SET, $unknown }, allBut())).toBe(true);
});
