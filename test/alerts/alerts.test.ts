import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { METRICS } from "../../server/cli/src/operate/metric-list.ts";
import { ROOT } from "../docs/documents.ts";
import { ALERTS, type Alert, toRunbook } from "../docs/operate/alerts.ts";
import { toQueries } from "../docs/operate/dashboard.ts";
import { notEmpty } from "../support/not-empty.ts";
import { type AlertCase, CASES, HEALTHY, SERVER_LABELS } from "./cases.ts";

const run = promisify(execFile);
const RULES = join(ROOT, "docs/operate/alerts.yaml");

/** Have promtool look at a file. @returns what it prints. @throws Error when it is not content */
async function promtool(command: readonly string[], file: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-alerts-"));
  try {
    const path = join(folder, "file.yaml"); // JSON is YAML
    await writeFile(path, JSON.stringify(file));
    return (await run("promtool", [...command, path])).stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Test all alerts on the series of a healthy server, and those of a case in their place. */
function toTest({ series = {}, minutes = 60 }: Partial<AlertCase>, expected: ReadonlyMap<string, object>) {
  const all = Object.entries({ ...HEALTHY, ...series });
  return {
    rule_files: [RULES],
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: all.map(([name, values]) => ({ series: name, values })),
        alert_rule_test: ALERTS.map(({ name }) => ({
          eval_time: `${minutes}m`,
          alertname: name,
          exp_alerts: expected.has(name) ? [expected.get(name)] : [],
        })),
      },
    ],
  };
}

function toExpected(alert: Alert, labels: Readonly<Record<string, string>>): object {
  const { severity, summary } = alert;
  return { exp_labels: { severity, ...labels }, exp_annotations: { summary, runbook: toRunbook(alert) } };
}

test("the rules are ones that Prometheus takes", async () => {
  expect((await run("promtool", ["check", "rules", RULES])).stdout).toContain(`${ALERTS.length} rules found`);
});

test("the queries of the dashboard are ones that Prometheus takes", async () => {
  const queries = Object.entries(METRICS).flatMap(toQueries);
  const rules = queries.map(({ expr }, index) => ({
    record: `query:${index}`,
    expr: expr.replaceAll("$__rate_interval", "5m"),
  }));
  const printed = await promtool(["check", "rules"], { groups: [{ name: "dashboard", rules }] });
  expect(printed).toContain(`${rules.length} rules found`);
});

describe("alerts", () => {
  test("none fires of a healthy server", async () => {
    for (const minutes of [5, 60, 1500]) {
      await promtool(["test", "rules"], toTest({ minutes }, new Map()));
    }
  });

  test("each has a case", () => {
    expect(CASES.map(({ alert }) => alert)).toEqual(ALERTS.map(({ name }) => name));
  });

  test.each(notEmpty(CASES))("$alert fires when it should, and no other", async (given) => {
    const alert = ALERTS.find(({ name }) => name === given.alert);
    const { labels = {} } = given;
    const onServer = given.alert === "CountersignAbsent" ? {} : SERVER_LABELS;
    const expected = alert === undefined ? {} : toExpected(alert, { ...onServer, ...labels });
    await promtool(["test", "rules"], toTest(given, new Map([[given.alert, expected]])));
  });
});
