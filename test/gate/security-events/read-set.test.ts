import { describe, expect, test } from "vitest";
import { effectOf, toEventName } from "../../../server/gate/src/security-events/event-types.ts";
import { endOf, readSet } from "../../../server/gate/src/security-events/read-set.ts";
import { notEmpty } from "../../support/not-empty.ts";

const CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
const RISC = "https://schemas.openid.net/secevent/risc/event-type/";
const SSF = "https://schemas.openid.net/secevent/ssf/event-type/";
const NOW_S = 1_780_000_000;

const rules = {
  audiences: ["notes", "billing"],
  toleranceSeconds: 5,
};

const claims = {
  iss: "https://login.example.com",
  aud: "notes",
  iat: NOW_S,
  jti: "event-1",
  sub_id: { format: "opaque", id: "s-1" },
  events: { [`${CAEP}session-revoked`]: {} },
};

const read = (changed: object = {}) => readSet({ ...claims, ...changed }, rules, NOW_S);

describe("a security event token", () => {
  test.each(
    notEmpty([
      { what: "one audience", changed: {} },
      { what: "several audiences", changed: { aud: ["other", "billing"] } },
      { what: "an hour of delay", changed: { iat: NOW_S - 3_600 } },
      { what: "a clock that is 5 s ahead", changed: { iat: NOW_S + 5 } },
      { what: "members that are not known", changed: { txn: "1", toe: NOW_S } },
    ]),
  )("is read with $what", ({ changed }) => {
    expect(read(changed)).toMatchObject({
      id: "event-1",
      subject: claims.sub_id,
      events: [{ type: `${CAEP}session-revoked`, event: {} }],
    });
  });

  test.each(
    notEmpty([
      { changed: { aud: "other" }, code: "invalid_audience" },
      { changed: { aud: [] }, code: "invalid_audience" },
      { changed: { aud: [["notes"]] }, code: "invalid_audience" },
      { changed: { aud: undefined }, code: "invalid_audience" },
      { changed: { exp: NOW_S + 60 }, says: "must not have exp" },
      { changed: { exp: null }, says: "must not have exp" },
      { changed: { sub: "ada" }, says: "must not have sub" },
      { changed: { jti: undefined }, says: "jti must be text" },
      { changed: { jti: "" }, says: "jti must be text" },
      { changed: { jti: "x".repeat(513) }, says: "jti must be text" },
      { changed: { iat: undefined }, says: "iat must be a time" },
      { changed: { iat: String(NOW_S) }, says: "iat must be a time" },
      { changed: { iat: 0 }, says: "iat must be a time" },
      { changed: { iat: NOW_S + 6 }, says: "iat lies in the future" },
      { changed: { sub_id: undefined }, says: "sub_id is missing" },
      { changed: { events: undefined }, says: "events must be an object" },
      { changed: { events: {} }, says: "events must be an object" },
      { changed: { events: [{}] }, says: "events must be an object" },
      { changed: { events: { a: true } }, says: "each event must be an object" },
      { changed: { events: { a: [] } }, says: "each event must be an object" },
      {
        changed: { events: Object.fromEntries(Array.from({ length: 9 }, (_, at) => [at, {}])) },
        says: "1 to 8 events",
      },
    ]),
  )("is refused with $changed", ({ changed, code = "invalid_request", says = "" }) => {
    expect(() => read(changed)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says) as string }),
    );
  });

  test.each(
    notEmpty([
      { what: "when it was issued", event: {}, atSeconds: NOW_S },
      { what: "when it happened", event: { event_timestamp: NOW_S - 60 }, atSeconds: NOW_S - 60 },
      { what: "no later than issued", event: { event_timestamp: NOW_S + 60 }, atSeconds: NOW_S },
      { what: "no later, in milliseconds", event: { event_timestamp: NOW_S * 1_000 }, atSeconds: NOW_S },
      { what: "no earlier than 1970", event: { event_timestamp: -1 }, atSeconds: NOW_S },
      { what: "whatever it says in words", event: { event_timestamp: "now" }, atSeconds: NOW_S },
    ]),
  )("is about the tokens from before: $what", ({ event, atSeconds }) => {
    expect(endOf({ type: "", event }, read())).toBe(atSeconds * 1_000);
  });
});

describe("the type of an event", () => {
  test.each(
    notEmpty([
      { type: `${CAEP}session-revoked`, effect: "end_session" },
      { type: `${CAEP}credential-change`, event: { change_type: "create" }, effect: "none" },
      { type: `${CAEP}credential-change`, event: { change_type: "update" }, effect: "end_account" },
      { type: `${CAEP}credential-change`, event: { change_type: "revoke" }, effect: "end_account" },
      { type: `${CAEP}credential-change`, event: { change_type: "delete" }, effect: "end_account" },
      { type: `${CAEP}credential-change`, event: { change_type: "sold" }, effect: "end_account" },
      { type: `${CAEP}credential-change`, event: {}, effect: "end_account" },
      { type: `${CAEP}token-claims-change`, effect: "change_claims" },
      { type: `${CAEP}device-compliance-change`, effect: "none" },
      { type: `${RISC}account-disabled`, effect: "end_account" },
      { type: `${RISC}account-enabled`, effect: "none" },
      { type: `${RISC}account-purged`, effect: "end_account" },
      { type: `${RISC}credential-compromise`, effect: "end_account" },
      { type: `${RISC}sessions-revoked`, effect: "end_account" },
      { type: `${SSF}verification`, effect: "verify_stream" },
      { type: `${SSF}stream-updated`, effect: "update_stream" },
      { type: "https://evil.example/session-revoked", effect: "none" },
    ]),
  )("$type $event: $effect", ({ type, event = {}, effect }) => {
    expect(effectOf(type, event)).toBe(effect);
  });

  test("has a short name only where it has an effect", () => {
    expect([`${RISC}account-disabled`, "https://evil.example/made-up"].map(toEventName)).toEqual([
      "account-disabled",
      "other",
    ]);
  });
});
