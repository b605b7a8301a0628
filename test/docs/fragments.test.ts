import type { DescService } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPolicyTable, PolicyError } from "../../server/gate/src/authorize/policy-table.ts";
import { notEmpty } from "../support/not-empty.ts";
import { DOCUMENTS } from "./documents.ts";
import { buildFragments, isFragment } from "./fragments.ts";
import { type Fence, parseFences, placeOf } from "./markdown.ts";
import { matchesOutput } from "./output.ts";
import { createProject } from "./project.ts";

const documents = DOCUMENTS.filter(({ fences }) => fences.some(isFragment));

describe.each(notEmpty(documents.map((document) => ({ document, name: document.path }))))(
  "$name",
  ({ document: { fences } }) => {
    const stack = new AsyncDisposableStack();
    let services: ReadonlyMap<Fence, DescService>;

    beforeAll(async () => {
      services = await buildFragments(fences, stack.use(await createProject(fences)));
    });
    afterAll(() => stack.disposeAsync());

    test.each(notEmpty(fences.filter(isFragment).map((fence) => ({ fence, place: placeOf(fence) }))))(
      "the rules at $place are taken, or refused as it says",
      ({ fence }) => {
        const refusal = refusalOf(services.get(fence));
        const next = fences[fences.indexOf(fence) + 1];
        if (fence.attributes.refused === undefined) {
          expect(refusal).toBeUndefined();
        } else {
          expect(matchesOutput(next?.text ?? "", refusal ?? ""), `it says:\n${refusal}`).toBe(true);
        }
      },
    );
  },
);

function refusalOf(service: DescService | undefined): string | undefined {
  try {
    createPolicyTable(service === undefined ? [] : [service]);
    return undefined;
  } catch (error) {
    if (error instanceof PolicyError) {
      return error.message;
    }
    throw error;
  }
}

const FILE = '```proto file=proto/a/v1/a.proto\nsyntax = "proto3";\npackage a.v1;\nmessage Request {}\n```\n';

test("a fragment that is no proto fails, with the line of its document", async () => {
  const fences = parseFences("a.md", `${FILE}\n\`\`\`proto\nrpc Get(Request) retrns (Request);\n\`\`\`\n`);
  await using project = await createProject(fences);
  await expect(buildFragments(fences, project)).rejects.toThrow(/Line8\.proto:8:/);
});

test("a proto that is not as buf wants it fails", async () => {
  const fences = parseFences("a.md", FILE.replace("message Request", "message request"));
  await expect(createProject(fences)).rejects.toThrow(/PascalCase/);
});
