import process from "node:process";
import { liveOverFetch } from "./use-session.ts";

// The SDK's core, on any runtime that has the Fetch API.
process.stdout.write(`${await liveOverFetch(process.argv[2] ?? "")}\n`);
process.exit();
