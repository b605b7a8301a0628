import { expect, test } from "vitest";
import { guilloche } from "../../../web-demo/src/model/guilloche.ts";

const options = { center: 100, radius: 60, swing: 20, waves: 5, lines: 4 };

test("a guilloche has one closed path for each line, all different", () => {
  const paths = guilloche(options);
  expect(new Set(paths).size).toBe(4);
  for (const path of paths) {
    expect(path).toMatch(/^M[^Z]+Z$/);
  }
});

test("a guilloche stays inside its band", () => {
  for (const path of guilloche(options)) {
    const numbers = [...path.matchAll(/-?\d+\.\d/g)].map(([text]) => Number(text));
    for (let index = 0; index + 1 < numbers.length; index += 2) {
      const reach = Math.hypot((numbers[index] ?? 0) - 100, (numbers[index + 1] ?? 0) - 100);
      expect(reach).toBeGreaterThan(38);
      expect(reach).toBeLessThan(80.2);
    }
  }
});
