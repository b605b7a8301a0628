import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { METRICS, type MetricDefinition } from "../../../server/cli/src/operate/metric-list.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { documentOf, ROOT } from "../documents.ts";
import { replaceRows } from "../markdown.ts";
import { ALERTS, toRules, toRunbook } from "./alerts.ts";
import { toDashboard } from "./dashboard.ts";

// All are brought up to date with: npm test -- docs/operate -u

test("the dashboard shows every metric", async () => {
  const text = `${JSON.stringify(toDashboard(METRICS), undefined, 2)}\n`;
  await expect(text).toMatchFileSnapshot(join(ROOT, "docs/operate/grafana.json"));
});

test("the rules are those of the alerts", async () => {
  await expect(toRules(ALERTS)).toMatchFileSnapshot(join(ROOT, "docs/operate/alerts.yaml"));
});

describe("docs/alerts.md", () => {
  const { markdown } = documentOf("docs/alerts.md");
  const sections = new Map(
    markdown
      .split(/^### /m)
      .slice(1)
      .map((section) => [section.split("\n")[0] ?? "", section] as const),
  );

  test("lists every alert", async () => {
    const rows = ALERTS.map(
      (alert) =>
        `| [${alert.name}](${toRunbook(alert).replace(/^.*#/, "#")}) | ${alert.severity} | ${alert.for} | ${alert.summary} |`,
    );
    await expect(replaceRows(markdown, "All alerts", rows)).toMatchFileSnapshot(join(ROOT, "docs/alerts.md"));
  });

  test("has a section for each, in their order, and none else", () => {
    expect([...sections.keys()]).toEqual(ALERTS.map(({ name }) => name));
  });

  test.each(notEmpty(ALERTS))("says of $name what is wrong and what to do", ({ name }) => {
    expect(sections.get(name)).toMatch(/\n\n\S[\s\S]{80,}/);
  });
});

test.each(notEmpty(ALERTS))("$name asks for metrics and labels of the list", ({ expr }) => {
  const asked = [...expr.matchAll(/(countersign_\w+?)(?:_bucket)?\b(?:\{([^}]*)\})?/g)];
  expect(asked).not.toHaveLength(0);
  for (const [, name = "", matchers = ""] of asked) {
    const metric = Object.entries<MetricDefinition>(METRICS).find(([known]) => known === name)?.[1];
    const labels = [...matchers.matchAll(/(\w+)=~?"/g)].map(([, label]) => label);
    expect(metric?.labels ?? []).toEqual(expect.arrayContaining(labels));
    expect(metric, name).toBeDefined();
  }
});
