import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { compileRule } from "../../../server/gate/src/authorize/rule.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import type {
  CertificateHolder,
  ClientCertificate,
} from "../../../server/gate/src/kernel/client-certificate.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { principalOf } from "./fixtures.ts";

const Echo = methodOf(echoService({ Call: {} }), "Call").input;
const echo = create(Echo);
const ada = principalOf();

function holderOf(name: string, isVerified = true): CertificateHolder {
  const names = (value: string): readonly string[] => (isVerified ? [value] : []);
  const certificate: ClientCertificate = {
    thumbprint: name,
    isVerified,
    subject: isVerified ? `CN=${name}` : undefined,
    san: {
      uri: names(`spiffe://acme.example/${name}`),
      dns: names(`${name}.example`),
      email: names(`${name}@acme.example`),
      ip: names("10.0.0.1"),
    },
  };
  return { certificate };
}

const billing = holderOf("billing");
const eve = holderOf("eve");
const selfMade = holderOf("billing", false);
const none: CertificateHolder = { certificate: undefined };

/** Rules that only the certificate of billing makes true. */
const OF_BILLING = [
  "principal.certificate.subject == 'CN=billing'",
  "'CN=billing' == principal.certificate.subject && principal.subject == 'usr_ada'",
  "principal.certificate.san.uri.exists(uri, uri == 'spiffe://acme.example/billing')",
  "'billing.example' in principal.certificate.san.dns",
  "principal.certificate.san.email == ['billing@acme.example']",
  "principal.certificate.san.ip[0] == '10.0.0.1' && principal.certificate.subject.endsWith('=billing')",
  "principal.certificate.subject != 'CN=eve'",
  "!(principal.certificate.subject == 'CN=eve')",
  "has(principal.certificate) && principal.certificate.subject == 'CN=billing'",
  "principal['certificate'].subject == 'CN=billing'",
  "principal['certi' + 'ficate'].subject == 'CN=billing'",
  "principal . certificate . subject == 'CN=billing'",
  "principal // the caller\n.certificate.subject == 'CN=billing'",
  "[principal].exists(one, one.certificate.subject == 'CN=billing')",
  "'certificate' in principal && principal.certificate['subject'] == 'CN=billing'",
];

describe("a rule over the certificate of a client", () => {
  test.each(notEmpty(OF_BILLING))("goes by that of each call: %s", (expression) => {
    const rule = compileRule(expression, Echo);
    const allows = (holder: CertificateHolder | undefined) => rule.allows(ada, echo, holder);
    // In turns: what was read of one client must not be taken for another's with the same token.
    for (const _ of [1, 2]) {
      expect(allows(billing)).toBe(true);
      expect([eve, selfMade, none, undefined].map(allows)).toEqual([false, false, false, false]);
    }
  });

  test("sees that of a caller without a token, too", () => {
    const rule = compileRule("principal.anonymous && principal.certificate.subject == 'CN=billing'", Echo);
    expect([billing, eve, none].map((holder) => rule.allows(undefined, echo, holder))).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("says why it denies without one", () => {
    const rule = compileRule(OF_BILLING[0] ?? "", Echo);
    expect(rule.describe(ada, echo, none)).toContain("error:");
    expect(rule.describe(ada, echo, eve)).toBe("false");
  });

  test("that names none does not ask for it", () => {
    const asked = {
      get certificate(): undefined {
        throw new AuthError("TOKEN_INVALID", "asked");
      },
    };
    const certified = "principal.subject == 'usr_ada' && 'read' in principal.scopes && request.text == ''";
    expect(compileRule(certified, Echo).allows(ada, echo, asked)).toBe(true);
    expect(() => compileRule(OF_BILLING[0] ?? "", Echo).allows(ada, echo, asked)).toThrow("asked");
  });
});

test.each(
  notEmpty([
    ["principal.certificate.subject == 1", "compares string with int"],
    ["principal.certificate.san.uri == 'spiffe://a'", "compares list(string) with string"],
    ["principal.certificate.san.url == []", "names principal.certificate.san.url"],
    ["principal.certificate.thumb == ''", "names principal.certificate.thumb"],
    ["principal.certificate.san.dns.exists(name, name == 1)", "compares string with int"],
    ["principal.binding == true", "compares string with bool"],
  ] as const),
)("a mistake is found at the start: %s", (expression, says) => {
  expect(() => compileRule(expression, Echo)).toThrow(says);
});

test.each(
  notEmpty([
    [undefined, ""],
    [{ kind: "mtls", certificateThumbprint: "x" }, "mtls"],
    [{ kind: "dpop", jwkThumbprint: "x" }, "dpop"],
  ] as const),
)("principal.binding of %j is %j", (binding, word) => {
  const rule = compileRule(`principal.binding == '${word}'`, Echo);
  expect(rule.allows(Object.freeze({ ...ada, binding }), echo)).toBe(true);
  expect(rule.allows(undefined, echo)).toBe(word === "");
});
