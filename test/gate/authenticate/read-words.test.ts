import { expect, test } from "vitest";
import { compileWords } from "../../../server/gate/src/authenticate/claim-source.ts";
import { readWords } from "../../../server/gate/src/authenticate/read-words.ts";

test("reads the words of an issuer that has more than are shared among tokens", () => {
  const source = compileWords("scope");
  const read = (words: readonly string[]) => readWords({ scope: words.join(" ") }, [source], () => {});
  const words = Array.from({ length: 1000 }, (_, index) => `scope-${index}`);
  for (let from = 0; from < words.length; from += 10) {
    expect(read(words.slice(from, from + 10))).toEqual(words.slice(from, from + 10));
  }
  expect(read(words)).toEqual(words);
  expect(read(["__proto__", "", "constructor"])).toEqual(["__proto__", "constructor"]);
});
