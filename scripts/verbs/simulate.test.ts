import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestBed, testBed } from '../testing/database.ts';
import { testSecret } from '../testing/secret.ts';

let bed: TestBed;
const home = mkdtempSync(join(tmpdir(), 'atom-simulate-'));
beforeAll(async () => {
  bed = await testBed();
  writeFileSync(join(home, 'console.dsn'), bed.adminUrl);
});
afterAll(async () => {
  await bed.close();
  rmSync(home, { recursive: true });
});

const atom = (...words: string[]) =>
  promisify(execFile)(process.execPath, ['scripts/atom.ts', ...words], {
    env: {
      NODE_ENV: 'test',
      PATH: process.env.PATH,
      ATOM_HOME: home,
      ATOM_REPORTS: join(home, 'reports'),
      ATOM_SECRET: testSecret,
      LOG_LEVEL: 'silent',
    },
  }).then(
    done => ({ code: 0, ...done }),
    error => ({ code: error.code as number, stdout: String(error.stdout), stderr: String(error.stderr) }),
  );

it('holds every game day, shows a scorecard, ends with 0, and its reports verify', async () => {
  const { code, stdout } = await atom('simulate', '--run-sim');
  expect(stdout).toContain('9 of 9 game days passed');
  expect(stdout).toMatch(/Sandbox: .*: pass, score 100/);
  expect(code).toBe(0);
  const reports = readdirSync(join(home, 'reports')).filter(f => /^gameday_[^.]+\.json$/.test(f));
  expect(reports).toHaveLength(9);
  const file = join(home, 'reports', reports[0] ?? '');
  expect((await atom('verify', file)).stdout).toContain('is verified');
  writeFileSync(file, '{}');
  expect((await atom('verify', file)).code).toBe(1);
}, 600_000);

it('holds one on the target that is named, and says what is wrong with what is none', async () => {
  const one = await atom('simulate', '--scenario', 'region-loss', '--target', 'region:eu-west');
  expect(one.stdout + one.stderr).toContain('Region loss on eu-west: pass');
  expect(one.code).toBe(0);
  expect(await atom('simulate')).toMatchObject({ code: 2 });
  const unknown = await atom('simulate', '--scenario', 'nothing');
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('region-loss') });
  const mars = await atom('simulate', '--scenario', 'region-loss', '--target', 'region:mars');
  expect(mars).toMatchObject({ code: 1, stderr: expect.stringContaining('mars') });
});
