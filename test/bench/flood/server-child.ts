import { runCommand } from "../../../server/cli/src/run-command.ts";
import { createTerminal } from "../../../server/cli/src/terminal.ts";
import { answerParent } from "../run/answer-parent.ts";
import { usedBytes } from "../run/used-bytes.ts";

/** What a server has taken since it was last asked to watch itself. */
export interface Taken {
  readonly processorMs: number;
  /** The most memory that the process had, in bytes. */
  readonly peakBytes: number;
}

const SAMPLE_MS = 50;
const PORT = /http:\/\/127\.0\.0\.1:(\d+)/;

let sampling: NodeJS.Timeout | undefined;
let peakBytes = 0;
let startCpu = process.cpuUsage();

answerParent({ start, watch, take, usedBytes, residentBytes: () => process.memoryUsage.rss() });

/** Run `countersign` in this process. @returns the port that it says it listens on */
function start(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const print = (line: string): void => {
      const port = PORT.exec(line)?.[1];
      if (port !== undefined) {
        resolve(Number(port));
      }
    };
    runCommand(args, { ...createTerminal(process), print }).then(
      (code) => reject(new Error(`countersign ended with ${code}`)),
      reject,
    );
  });
}

function watch(): void {
  startCpu = process.cpuUsage();
  peakBytes = process.memoryUsage.rss();
  clearInterval(sampling);
  sampling = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, SAMPLE_MS);
}

function take(): Taken {
  clearInterval(sampling);
  const { user, system } = process.cpuUsage(startCpu);
  return { processorMs: (user + system) / 1000, peakBytes: Math.max(peakBytes, process.memoryUsage.rss()) };
}
