import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { env } from '../env/env.ts';

/**
 * What was signed last, outside the database: after a restore that lost a signed tail the database cannot know, and a
 * file beside it does. Each machine has its own. A lost file only means that witnesses alone would notice.
 */
const shape = z.strictObject({ origin: z.string(), size: z.int(), root: z.base64(), note: z.string() });

export interface Anchor {
  origin: string;
  size: number;
  root: Buffer;
  note: string;
}

export interface AnchorFile {
  read(origin: string): Anchor | null;
  write(anchor: Anchor): void;
}

export function anchorFile(home = env().home): AnchorFile {
  const dir = join(home, 'ledger');
  const path = (origin: string) =>
    join(dir, `${createHash('sha256').update(origin).digest('hex').slice(0, 16)}.json`);
  return {
    read: origin => {
      let text: string;
      try {
        text = readFileSync(path(origin), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
      const found = shape.parse(JSON.parse(text));
      return found.origin === origin ? { ...found, root: Buffer.from(found.root, 'base64') } : null;
    },
    write: anchor => {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      const to = path(anchor.origin);
      const beside = `${to}.${process.pid}`;
      writeFileSync(beside, JSON.stringify({ ...anchor, root: anchor.root.toString('base64') }), {
        mode: 0o600,
      });
      renameSync(beside, to); // whole or not at all
    },
  };
}
