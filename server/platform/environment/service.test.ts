import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createCaller } from '#server/root.ts';
import type { ProbeGateway } from './gateway.ts';
import { runPrecheck } from './service.ts';

let bed: TestBed;
const reports = mkdtempSync(join(tmpdir(), 'atom-reports-'));
const base = {
  ATOM_SECRET: testSecret,
  LOG_LEVEL: 'silent',
  ATOM_REPORTS: reports,
  ATOM_SERVICE_PORT_OFFSET: '40000',
};
beforeAll(async () => {
  loadEnvForTest(base);
  bed = await testBed();
});
afterAll(async () => {
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' });
  await bed.close();
});

const environment = () => createCaller(bed.as(person('operator'))).environment;

describe('precheck', () => {
  it('keeps thirty days of results', async () => {
    await environment().precheck({ phase: 'G.5' });
    bed.clock.advance(31 * 86_400_000);
    await environment().precheck({ phase: 'G.5' });
    expect(await bed.rows("select 1 from precheck_result where phase = 'G.5'")).toHaveLength(1);
    await bed.rows('delete from precheck_result');
  });

  it('blocks G.1 without a registry, writes its reports and keeps the result with a ledger entry', async () => {
    const result = await environment().precheck({ phase: 'G.1' });
    expect(result.decision).toBe('BLOCK');
    expect(result.dependencies.find(d => d.variable === 'GLOBAL_REGISTRY_URL')?.state).toBe(
      'ERROR:connection refused',
    );
    expect(JSON.parse(readFileSync(join(reports, 'G.1_precheck.json'), 'utf8')).decision).toBe('BLOCK');
    expect(readFileSync(join(reports, 'G.1_precheck_block.txt'), 'utf8')).toContain('GLOBAL_REGISTRY_URL');
    expect(readFileSync(join(reports, 'logs/G.1_precheck.log'), 'utf8')).toContain(
      'COSIGN_KEY_PATH: MISSING',
    );
    expect((await environment().latest()).results).toEqual([result]);
    expect(await bed.rows("select type from ledger_entry where target = 'phase:G.1'")).toEqual([
      { type: 'environment.prechecked' },
    ]);
  });

  it('does not block for one answer that came late', async () => {
    let asked = 0;
    const slow: ProbeGateway = {
      probe: async () => {
        asked += 1;
        return asked === 1 ? 'ERROR:no answer in time' : 'REACHABLE';
      },
    };
    expect((await runPrecheck(bed.system, 'G.1', slow)).decision).toBe('PROCEED_SIMULATION');
    expect(asked).toBe(2);
    await bed.rows("delete from precheck_result where phase = 'G.1'");
  });

  it('proceeds in simulation where the rules say so, and never shows a value', async () => {
    loadEnvForTest({ ...base, SLACK_BOT_TOKEN: 'xoxb-very-secret', POSTGRES_DSN: bed.adminUrl });
    const result = await environment().precheck({ phase: 'H.4' });
    expect(result).toMatchObject({ decision: 'PROCEED_SIMULATION', simulation: true });
    expect(result.dependencies.find(d => d.variable === 'POSTGRES_DSN')?.state).toBe('UP');
    expect(result.dependencies.find(d => d.variable === 'SLACK_BOT_TOKEN')?.state).toBe('SET');
    const list = await environment().list();
    expect(list.variables.find(v => v.name === 'SLACK_BOT_TOKEN')).toMatchObject({ set: true, secret: true });
    expect(
      JSON.stringify([result, list, readFileSync(join(reports, 'H.4_precheck.json'), 'utf8')]),
    ).not.toContain('very-secret');
    expect(existsSync(join(reports, 'H.4_precheck_block.txt'))).toBe(false);
    loadEnvForTest(base);
  });

  it('is for administrators and operators', async () => {
    await expect(
      createCaller(bed.as(person('auditor'))).environment.precheck({ phase: 'G.1' }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
