import { describe } from "vitest";
import { type BadInput, testRules } from "./bad-input.ts";
import { demoAside, demoOfPublicEntries } from "./demo-rules.ts";

const badInputs: readonly BadInput[] = [
  {
    rule: demoAside,
    path: "server/cli/src/demo.ts",
    bad: 'import { openDemo } from "@countersign/demo";',
    good: 'import type { Demo } from "@countersign/demo";\nconst { openDemo } = await import("@countersign/demo");',
    complaint: "server/cli/src/demo.ts:1 @countersign/demo is loaded with import() by what runs the demo",
  },
  {
    rule: demoAside,
    path: "server/issuer/src/services/routes.ts",
    bad: 'import type { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";',
    good: 'import type { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";',
    complaint:
      "server/issuer/src/services/routes.ts:1 @countersign/gen/countersign/demo/v1/notes_pb.js is the demo's",
  },
  {
    rule: demoOfPublicEntries,
    path: "server/demo/src/open-demo.ts",
    bad: 'import { createRoutes } from "@countersign/issuer/internal";',
    good: 'import { createIssuer } from "@countersign/issuer";',
    complaint: "server/demo/src/open-demo.ts:1 @countersign/issuer/internal is no public entry",
  },
];

describe("the demo is beside the product: the rules", () => {
  testRules(badInputs);
});
