import { expect, test } from "vitest";
import { createEars } from "../../../server/issuer/src/store/ears.ts";

test("all ears of a channel hear its words, and no others", () => {
  const ears = createEars();
  const heard: string[] = [];
  ears.add("a", (word) => heard.push(`1 ${word}`));
  ears.add("a", (word) => heard.push(`2 ${word}`));
  ears.add("b", (word) => heard.push(`3 ${word}`));
  ears.hear("a", "x");
  ears.hear("c", "y");
  expect(heard).toEqual(["1 x", "2 x"]);
  expect([...ears.channels()]).toEqual(["a", "b"]);
});

test("the first ear of a channel and the last are told apart from the others", () => {
  const ears = createEars();
  const [one, other] = [() => {}, () => {}];
  expect([ears.add("a", one), ears.add("a", other)]).toEqual([true, false]);
  expect([ears.remove("a", one), ears.remove("a", one), ears.remove("a", other)]).toEqual([
    false,
    false,
    true,
  ]);
  expect([...ears.channels()]).toEqual([]);
  expect([ears.remove("a", other), ears.add("a", one)]).toEqual([false, true]);
});
