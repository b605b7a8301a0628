import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { compileRule } from "../../../server/gate/src/authorize/rule.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { principalOf } from "./fixtures.ts";
import { Order } from "./order-file.ts";

/** Rules with a mistake that no message can cure, and what is said of it after `has a rule that`. */
const MISTAKES: Readonly<Record<string, string>> = {
  "request.cents == principal.subject": "compares int with string: request.cents == principal.subject",
  "request.cents != principal.subject": "compares int with string: request.cents != principal.subject",
  "principal.subject == 7": "compares string with int: principal.subject == 7",
  "request.owner == principal.subject":
    "compares test.v1.Person with string: request.owner == principal.subject",
  "request.owner.nmae == principal.subject": "names a field nmae that test.v1.Person does not have",
  "request.owner.name.first == 'a'": "names a field first of string, which has none",
  "has(request.owner.nmae)": "names a field nmae that test.v1.Person does not have",
  "has(request.text.first)": "names a field first of string, which has none",
  "has(principal.nope)": "names principal.nope, which does not exist",
  "principal.actor.name == 'a'": "names principal.actor.name, which does not exist",
  "principal.actor.actor.actor.sub == 'a'": "names principal.actor.sub, which does not exist",
  "principal.claims[7] == 'ops'": "looks for int in map(string, dyn): principal.claims[7]",
  "principal.claims == 3": "compares map(string, dyn) with int: principal.claims == 3",
  "principal['nope'] == 'a'": "names principal.nope, which does not exist",
  "request['nope'] == 'a'": "names a field nope that test.v1.Order does not have",
  "request.people[0].nmae == 'a'": "names a field nmae that test.v1.Person does not have",
  "request.people.exists(person, person.nmae == 'a')": "names a field nmae that test.v1.Person does not have",
  "request.people.all(person, person.age == 'a')": "compares int with string: person.age == 'a'",
  "request.people.map(person, person.age).exists(age, age == 'a')": "compares int with string: age == 'a'",
  "request.people.filter(person, person.age > 3).all(person, person == 'a')":
    "compares test.v1.Person with string: person == 'a'",
  "request.people.map(person, person.name) == [1]": "compares list(string) with list(int)",
  "principal.subject in request.people":
    "compares string with test.v1.Person: principal.subject in request.people",
  "principal.subject in [1, 2]": "compares string with int: principal.subject in [1, 2]",
  "principal.subject in 'abc'": "applies in to (string, string): principal.subject in 'abc'",
  "1 in request.labels": "compares int with string: 1 in request.labels",
  "1 in principal": "applies in to (int, principal): 1 in principal",
  "request.labels['a'] == 1": "compares string with int: request.labels['a'] == 1",
  "request.labels.a == 1": "compares string with int: request.labels.a == 1",
  "request.labels[1] == 'a'": "looks for int in map(string, string): request.labels[1]",
  "request.tags['a'] == 'a'": "looks for string in list(string): request.tags['a']",
  "request.tags == 'a'": "compares list(string) with string: request.tags == 'a'",
  "request.tags.a == 'a'": "names a field a of list(string), which has none",
  "{1: 'a'}.a == 'a'": "names a field a of map(int, string), which has none",
  "request.text.exists(c, c == 'a')": "goes through the elements of string, which has none",
  "request.state == 'STATE_OPEN'": "compares int with string: request.state == 'STATE_OPEN'",
  "request.state == test.v1.State.STATE_CLOSED": "names an unknown variable test",
  "request.at == '2026-01-01T00:00:00Z'": "compares google.protobuf.Timestamp with string: ",
  "request.at < 3": "applies < to (google.protobuf.Timestamp, int): request.at < 3",
  "request.at.nope == 3": "names a field nope that google.protobuf.Timestamp does not have",
  "request.note == 3": "compares string with int: request.note == 3",
  "request.text == null": "compares string with null_type: request.text == null",
  "request.paid == 'true'": "compares bool with string: request.paid == 'true'",
  "request.raw == 'a'": "compares bytes with string: request.raw == 'a'",
  "request.paid && request.text": "applies && to (bool, string): request.paid && request.text",
  "!request.text": "applies ! to (string): !request.text",
  "request.text ? true : false": "applies ?: to (string): request.text ? true : false",
  "request.text.startsWith(1)": "applies startsWith to (string, int): request.text.startsWith(1)",
  "request.cents.startsWith('a')": "applies startsWith to (int, string): request.cents.startsWith('a')",
  "startsWith(request.text, 'a')": "applies startsWith to (string, string): startsWith(request.text, 'a')",
  "request.cents + 'a' == 'a'": "applies + to (int, string): request.cents + 'a'",
  "request.text.matches('a', 'b')":
    "applies matches to (string, string, string): request.text.matches('a', 'b')",
  "size(request.cents) == 1": "applies size to (int): size(request.cents)",
  "request.text.lower() == 'a'": "calls an unknown function lower: request.text.lower()",
  "test.v1.Persn{name: 'a'} == request.owner": "makes a message of an unknown type test.v1.Persn",
  "test.v1.Person{nmae: 'a'} == request.owner": "names a field nmae that test.v1.Person does not have",
  "(request.paid ? request.cents : request.cents) == 'a'": "compares int with string: ",
  "int(request.text) == 'a'": "compares int with string: int(request.text) == 'a'",
  "type(request.text) == 'string'": "compares type with string: type(request.text) == 'string'",
  "principal == request": "compares principal with test.v1.Order: principal == request",
};

describe("a mistake in the types of a rule is found at start (S2):", () => {
  test.each(notEmpty(Object.entries(MISTAKES)))("%s", (rule, message) => {
    let thrown: unknown;
    try {
      compileRule(rule, Order);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TypeError);
    // A text is quoted one way or the other.
    expect((thrown as TypeError).message.replaceAll('"', "'")).toContain(`has a rule that ${message}`);
  });
});

/** Rules without a mistake, which are true for the message below. */
const TRUE: readonly string[] = [
  "request.owner.name == principal.subject && request.owner.age == 36",
  "request.cents == 100 && request.cents == 100.0 && request.cents == 100u",
  "request.cents > 99.5 && request.weight > 1 && request.count < 5",
  "request.count == 3 && request.count == 3u",
  "request.state == 1 && request.state == test.v1.State.STATE_OPEN && request.state != .test.v1.State.STATE_UNSPECIFIED",
  "request.tags.exists(tag, tag == 'a') && 'b' in request.tags && request.tags[1] == 'b' && size(request.tags) == 2",
  "request.tags == ['a', 'b'] && request.tags + ['c'] == ['a', 'b', 'c'] && request.tags != []",
  "request.people.map(person, person.name) == ['usr_ada']",
  "request.people.map(person, person.age > 3, person.age + 1) == [37]",
  "request.people.filter(person, person.age > 3)[0].name == 'usr_ada'",
  "request.people.exists_one(person, person.name == principal.subject)",
  "request.labels['k'] == 'v' && request.labels.k == 'v' && 'k' in request.labels && !('x' in request.labels)",
  "request.labels.all(key, request.labels[key] == 'v') && request.labels == {'k': 'v'}",
  "request.at < timestamp('2027-01-01T00:00:00Z') && request.at.getFullYear() == 1970 && request.at.seconds == 60",
  "request.within == duration('90s') && request.at + request.within > request.at",
  "request.note == 'n' && request.note != null && request.note.startsWith('n') && request.limit == null",
  "request.extra.a == 1 && request.extra['b'] == 'x' && has(request.extra.a) && !has(request.extra.c)",
  "request.value == 'any' && (request.value == 3 || request.value != 3)",
  "dyn(request.cents) != 'a' && dyn(request.text) != 1",
  "request.paid ? request.text == 't' : request.cents == 3",
  "(request.paid ? request.cents : request.text) == 100",
  "(request.paid ? 'a' : null) != null",
  "has(request.owner) && !has(request.limit) && has(request.owner.name)",
  "request.owner == test.v1.Person{name: 'usr_ada', age: 36} && request.owner != null",
  "type(request.text) == string && type(request.owner) == test.v1.Person && type(1) == int",
  "[1, 'a', true].exists(x, x == 'a') && 'a' in [1, 'a'] && !('a' in [])",
  "[[1, 2], []].all(list, list.all(x, x > 0)) && [] == [] && {} == {}",
  "{'a': 1, 'b': 'c'}['b'] == 'c' && {'a': [1]}.a[0] == 1",
  "string(request.cents) == '100' && int('7') == 7 && double(request.cents) / 3.0 > 33.0",
  "request.raw == b'r' && bytes(request.text) == b't'",
  "request.cents % 7 == 2 && -request.cents < 0 && !(request.cents < 0)",
  "request['text'] == 't' && principal['subject'] == 'usr_ada' && request[request.text + 'ext'] == 't'",
  "principal.scopes.exists(scope, scope.matches('^re')) && principal.roles + ['x'] == ['author', 'x']",
  "principal.exists(member, member == 'subject') && 'subject' in principal && size(principal) > 3",
  "[{'request': 1}].exists(request, request.request == 1)",
  "request.tags.all(i, i != '') && [1].map(test, test + 1) == [2]",
];

const message = create(Order, {
  owner: { name: "usr_ada", age: 36 },
  cents: 100n,
  weight: 1.5,
  count: 3,
  text: "t",
  paid: true,
  raw: Uint8Array.of(114),
  state: 1,
  tags: ["a", "b"],
  people: [{ name: "usr_ada", age: 36 }],
  labels: { k: "v" },
  at: { seconds: 60n },
  within: { seconds: 90n },
  note: "n",
  extra: { a: 1, b: "x" },
  value: { kind: { case: "stringValue", value: "any" } },
});

describe("a rule without a mistake is taken, whatever it is made of (S3):", () => {
  test.each(notEmpty(TRUE))("%s", (rule) => {
    expect(compileRule(rule, Order).allows(principalOf(), message)).toBe(true);
  });
});
