import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Children, children, endOrphans } from './children.ts';
import { markOf, type ProcessMark, readMarks, stillThere } from './lock.ts';

const idle = 'setInterval(() => {}, 1000)';
const ready = (line: string) => line === 'ready';
let home: string;
let fatal: ReturnType<typeof vi.fn<(message: string) => void>>;
let processes: Children;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'atom-children-'));
  fatal = vi.fn<(message: string) => void>();
  processes = children(home, fatal);
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(async () => {
  await processes.stop();
  vi.restoreAllMocks();
  rmSync(home, { recursive: true, force: true });
});

const marks = (): ProcessMark[] => readMarks(join(home, 'pids.json'));
const only = (): ProcessMark => marks()[0] ?? { pid: 0, began: '' };

describe('the processes of a console', () => {
  it('are ready when they say so, on disk while they run, and gone after a stop', async () => {
    await processes.start('web', ['-e', `console.log('ready'); ${idle}`], {}, ready);
    const web = only();
    expect(stillThere(web)).toBe(true);
    await processes.stop();
    expect(stillThere(web)).toBe(false);
    expect(existsSync(join(home, 'pids.json'))).toBe(false);
  });

  it('end although they do not listen to the wish', async () => {
    const deaf = `process.on('SIGTERM', () => {}); console.log('ready'); ${idle}`;
    await processes.start('worker', ['-e', deaf], {}, ready);
    const worker = only();
    await processes.stop();
    expect(stillThere(worker)).toBe(false);
  });

  it('start again when they die, as they were', async () => {
    const log = join(home, 'log');
    const script = `require('fs').appendFileSync(${JSON.stringify(log)}, process.env.GIVEN + ' '); console.log('ready'); ${idle}`;
    await processes.start('worker', ['-e', script], { GIVEN: 'yes' }, ready);
    const before = only();
    process.kill(before.pid, 'SIGKILL');
    await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toBe('yes yes '), { timeout: 60_000 });
    expect(only().pid).not.toBe(before.pid);
    expect(fatal).not.toHaveBeenCalled();
  });

  it("do not get the administrator's address of the database", async () => {
    vi.stubEnv('DATABASE_URL', 'postgresql://admin:secret@h/db');
    const seen = join(home, 'seen');
    const script = `require('fs').writeFileSync(${JSON.stringify(seen)}, String(process.env.DATABASE_URL)); console.log('ready'); ${idle}`;
    await processes.start('web', ['-e', script], {}, ready);
    vi.unstubAllEnvs();
    expect(readFileSync(seen, 'utf8')).toBe('undefined');
  });
});

describe('after a kill of the supervisor', () => {
  const orphan = async (): Promise<ChildProcess> => {
    const child = spawn(process.execPath, ['-e', idle], { detached: true, stdio: 'ignore' });
    await once(child, 'spawn');
    return child;
  };
  const remember = (mark: ProcessMark) => writeFileSync(join(home, 'pids.json'), JSON.stringify([mark]));

  it('ends what was left', async () => {
    const left = await orphan();
    const mark = markOf(left.pid ?? 0);
    remember(mark);
    await endOrphans(home);
    expect(stillThere(mark)).toBe(false);
    expect(existsSync(join(home, 'pids.json'))).toBe(false);
  });

  it.runIf(process.platform === 'linux')('spares a stranger who got the same number', async () => {
    const stranger = await orphan();
    try {
      remember({ pid: stranger.pid ?? 0, began: '1' });
      await endOrphans(home);
      expect(stillThere(markOf(stranger.pid ?? 0))).toBe(true);
    } finally {
      stranger.kill('SIGKILL');
    }
  });
});
