import { expect, test } from "vitest";
import { parseModule } from "./parse-module.ts";
import type { Rule } from "./rules.ts";

/** A module that breaks a rule, one beside it that does not, and what the rule says. */
export interface BadInput {
  readonly rule: Rule;
  readonly path: string;
  readonly bad: string;
  readonly good: string;
  readonly complaint: string;
}

/** Test that rules find what breaks them, and nothing else. */
export function testRules(inputs: readonly BadInput[]): void {
  for (const { rule, path, bad, good, complaint } of inputs) {
    test(`finds: ${complaint}`, () => {
      expect(rule(parseModule({ path, text: bad }))).toEqual([complaint]);
      expect(rule(parseModule({ path, text: good }))).toEqual([]);
    });
  }
}
