import { expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { failToStart } from "./fail-to-start.ts";

const WRONG = notEmpty([
  { args: ["--bus", "nats://host"], message: "--bus goes with --database-url" },
  { args: ["--bus", "redis://user:s3cret@host"], message: "--bus must be URLs of NATS servers" },
  {
    args: ["--bus-ca", "ca.pem"],
    message: "--bus-credentials, --bus-ca, --bus-cert, --bus-key and --bus-subject go with --bus",
  },
  {
    args: ["--bus-subject", "acme"],
    message: "--bus-credentials, --bus-ca, --bus-cert, --bus-key and --bus-subject go with --bus",
  },
  {
    args: ["--bus", "nats://host", "--database-url", "postgres://host", "--bus-cert", "cert.pem"],
    message: "--bus-cert and --bus-key go together",
  },
  {
    args: ["--bus", "nats://host", "--database-url", "postgres://host", "--bus-subject", "a.>"],
    message: "createNatsBus: subject must be words",
  },
  {
    args: ["--bus", "nats://host", "--database-url", "postgres://host", "--bus-credentials", "none/there"],
    message: "none/there cannot be read: ENOENT",
  },
]);

test.each(WRONG)("a server does not start with $args, and says why", async ({ args, message }) => {
  await using folder = await createTemporaryFolder();
  const { err } = await failToStart(folder.path, ["serve", "--audience", "billing", ...args]);
  expect(err).toContain(`countersign serve: ${message}`);
  expect(err).not.toContain("s3cret");
});
