import { expect, it } from "vitest";
import {
  type AuditEvent,
  type AuditSink,
  denied,
  type KeyEvent,
} from "../../../server/gate/src/kernel/audit.ts";

const error = { reason: "POLICY_DENIED", message: "the rule does not allow it" };
const call = { method: "a.B/C", isShadow: false, caller: undefined };

it("a refusal says who was refused, as far as that is known, and never by a token", () => {
  expect(denied(call, error)).toEqual({
    type: "call_denied",
    method: "a.B/C",
    reason: "POLICY_DENIED",
    detail: "the rule does not allow it",
  });
  const known = { subject: "usr_1", clientId: "app", sessionId: undefined, tokenId: "t" };
  const caller = { ...known, actor: undefined };
  expect(denied({ ...call, isShadow: true, caller }, error)).toEqual({
    type: "call_would_be_denied",
    method: "a.B/C",
    reason: "POLICY_DENIED",
    detail: "the rule does not allow it",
    subject: "usr_1",
    clientId: "app",
    tokenId: "t",
  });
  const delegated = { ...known, actor: { subject: "client_agent" } };
  expect(denied({ ...call, caller: delegated }, error)).toMatchObject({
    subject: "usr_1",
    actor: "client_agent",
  });
});

it("an event says only what its type can say, and its type tells which", () => {
  const key: AuditEvent = { type: "key_removed", keyId: "k" };
  // @ts-expect-error: a key belongs to no account
  const keyOfAccount: AuditEvent = { type: "key_removed", keyId: "k", subject: "usr_1" };
  // @ts-expect-error: no such thing happens
  const unknown: AuditEvent = { type: "key_lost", keyId: "k" };
  const events: AuditEvent[] = [];
  const keys: AuditSink<KeyEvent> = { record: (event) => void events.push(event) };
  // @ts-expect-error: this sink learns of keys only
  keys.record({ type: "sign_in", subject: "usr_1" });
  keys.record(key);
  expect(events).toContainEqual(key);
  expect([keyOfAccount, unknown]).toHaveLength(2);
});
