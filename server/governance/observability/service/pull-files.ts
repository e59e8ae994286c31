import { open, stat } from 'node:fs/promises';
import { env } from '#kernel/env/env.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { type Line, parseLine } from '../rules/formats/line.ts';
import { severityInText } from '../rules/formats/loki.ts';
import { parseFiles } from '../rules/pulling.ts';
import { ingestLines } from './ingest.ts';
import { rejectedOf } from './rejections.ts';
import { pullOnce } from './source.ts';

const fileChunk = 1024 * 1024;

const idOf = (path: string): string => `file:${path}`.slice(0, 200);

export const namedFiles = (): string[] =>
  parseFiles(env().vars.TELEMETRY_FILES).map(({ path }) => idOf(path));

/** Whole lines that were added since the last time; a file that became shorter or another one is read from its start. */
export async function pullFiles(
  ctx: CommandContext,
  given = env().vars.TELEMETRY_FILES,
): Promise<number | null> {
  let all = 0;
  let failed = false;
  for (const { tenantId, path } of parseFiles(given)) {
    const name = { id: idOf(path), kind: 'file', title: path, simulated: false };
    const pulled = await pullOnce(ctx, name, async cursor => {
      const [inode, offset] = (cursor ?? ':0').split(':');
      const found = await stat(path);
      const same = inode === String(found.ino) && Number(offset) <= found.size;
      const from = same ? Number(offset) : 0;
      const { lines: texts, read } = await wholeLines(path, from);
      const lines = texts.map((text, index) => fileLine(text, index + 1));
      const result = lines.length > 0 ? await ingestLines(ctx, 'file', lines, { tenantId }) : null;
      const left = found.size - from - read;
      return {
        cursor: `${found.ino}:${from + read}`,
        pulled: result?.accepted ?? 0,
        rejected: result ? rejectedOf(result, lines) : undefined,
        lagSeconds: left > 0 ? (ctx.clock.now().getTime() - found.mtimeMs) / 1000 : 0,
      };
    });
    if (pulled === null) failed = true;
    else all += pulled;
  }
  return failed ? null : all;
}

async function wholeLines(path: string, from: number): Promise<{ lines: string[]; read: number }> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(fileChunk);
    const { bytesRead } = await file.read(buffer, 0, fileChunk, from);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(10);
    // A line that fills the whole chunk will not end within any bound: it is skipped.
    if (end < 0) return { lines: [], read: bytesRead === fileChunk ? bytesRead : 0 };
    return {
      lines: buffer
        .toString('utf8', 0, end)
        .split('\n')
        .filter(line => line.trim() !== ''),
      read: end + 1,
    };
  } finally {
    await file.close();
  }
}

function fileLine(text: string, line: number): Line {
  if (text.startsWith('{')) {
    const parsed = parseLine(text, line);
    if (parsed.event !== undefined) return parsed;
  }
  return { line, event: { event: 'log', severity: severityInText(text), message: text.slice(0, 16_000) } };
}
