#!/usr/bin/env node
// Committed, so that npm can link the command before the first build has made what it runs. Plain JavaScript that any
// Node can read: an old one must be told apart before it meets what it does not know.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major > 24 || (major === 24 && minor >= 15)) {
  try {
    await import("../dist/cli/main.js");
  } catch (err) {
    // A gate inside a server of others needs no listener, so npm does not install what only a listener needs.
    if (err?.code !== "ERR_MODULE_NOT_FOUND" || !err.message.includes("'@connectrpc/connect-node'"))
      throw err;
    process.stderr.write(
      "countersign: @connectrpc/connect-node is missing: npm install @connectrpc/connect-node\n",
    );
    process.exitCode = 1;
  }
} else {
  process.stderr.write(
    `countersign: Node 24.15 or newer is needed, and this is ${process.versions.node}. See https://nodejs.org\n`,
  );
  process.exitCode = 1;
}
