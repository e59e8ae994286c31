import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemPrincipal } from '#kernel/auth/principal.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { startNewOrigin } from '#kernel/ledger/new-origin.ts';
import { parseVerifierKey } from '#kernel/ledger/note-keys.ts';
import { ledgerVerifiers } from '#kernel/ledger/origin.ts';
import { receiptRefusals, verifyReceipt } from '#kernel/ledger/receipt.ts';
import { type VerifyOptions, verifyLedger } from '#kernel/ledger/verify/run.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { Verb } from './catalogue.ts';

const usage = 'ledger verify [--range a..b] [--receipt FILE] [--against URL|FILE] [--key VKEY]...';

function misused(message: string): number {
  console.error(`${message}\nnpm run atom -- ${usage}`);
  return 2;
}

async function get(url: string): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}.`);
  return Buffer.from(await response.arrayBuffer());
}

async function readAgainst(from: string): Promise<NonNullable<VerifyOptions['against']>> {
  if (!/^https?:\/\//.test(from)) return { text: readFileSync(from, 'utf8'), source: from };
  const base = from.replace(/\/(checkpoint)?$/, '');
  return {
    text: (await get(`${base}/checkpoint`)).toString('utf8'),
    source: base,
    fetchTile: path => get(`${base}/${path}`),
  };
}

/** Needs no database when the keys are given. */
async function receipt(file: string, keys: readonly string[]): Promise<number> {
  const verifiers = keys.length
    ? keys.map(parseVerifierKey)
    : await ledgerVerifiers(consoleDatabase().pool('atom_owner'));
  const verdict = verifyReceipt(readFileSync(file, 'utf8'), verifiers);
  if (!verdict.ok) {
    const entry = verdict.index === null ? '' : `Entry ${verdict.index}: `;
    console.error(`BROKEN  ${entry}${receiptRefusals[verdict.reason]}`);
    return 1;
  }
  const witnesses = verdict.cosigners.length ? `, cosigned by ${verdict.cosigners.join(', ')}` : '';
  console.log(`OK  Entry ${verdict.index} is in ${verdict.origin} of ${verdict.size} entries${witnesses}.`);
  console.log(verdict.body.toString('utf8'));
  return 0;
}

export const ledgerVerify: Verb = {
  name: 'ledger verify',
  usage,
  summary: 'Check the whole ledger, a range or one receipt; names the first bad entry and exits with 1',
  run: async args => {
    const { values } = parseArgs({
      args,
      options: {
        range: { type: 'string' },
        receipt: { type: 'string' },
        against: { type: 'string' },
        key: { type: 'string', multiple: true, default: [] },
      },
    });
    if (values.receipt !== undefined) {
      if (!existsSync(values.receipt)) return misused(`There is no file ${values.receipt}.`);
      return receipt(values.receipt, values.key);
    }
    const [, from, to] = /^(\d{1,15})\.\.(\d{1,15})$/.exec(values.range ?? '') ?? [];
    if (values.range !== undefined && (from === undefined || to === undefined || Number(from) > Number(to)))
      return misused(`"${values.range}" is not a range like 0..99.`);
    const outcome = await verifyLedger(consoleDatabase().pool('atom_owner'), {
      keys: values.key,
      ...(from !== undefined && to !== undefined ? { range: { from: Number(from), to: Number(to) } } : {}),
      ...(values.against === undefined ? {} : { against: await readAgainst(values.against) }),
      onProgress: entries => {
        if (process.stderr.isTTY) process.stderr.write(`\r${entries} entries`);
      },
    });
    if (process.stderr.isTTY) process.stderr.write('\r');
    if (outcome.ok) console.log(`OK  ${outcome.said}`);
    else console.error(`BROKEN  ${outcome.said}`);
    return outcome.ok ? 0 : 1;
  },
};

export const ledgerNewOrigin: Verb = {
  name: 'ledger new-origin',
  usage: 'ledger new-origin REASON',
  summary: 'After a restore that lost a signed tail: go on under a new name, with the reason in the ledger',
  run: async words => {
    const reason = words.join(' ').trim();
    if (!reason) {
      console.error('Say why: npm run atom -- ledger new-origin REASON');
      return 2;
    }
    const ctx = systemContext('cli', consoleDatabase(), systemClock, systemPrincipal('cli'));
    const { origin } = await startNewOrigin(ctx, reason);
    console.log(
      `Checkpoints are signed as ${origin} from now on. Tell those who verify this ledger, and its witnesses.`,
    );
    return 0;
  },
};
