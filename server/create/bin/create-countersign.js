#!/usr/bin/env node
// Committed, so that npm can link the command before the first build has made what it runs.
await import("../dist/main.js");
