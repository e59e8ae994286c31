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
import { readWitnessRule } from '#kernel/ledger/witness-rule.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { Verb } from './catalogue.ts';

const usage =
  'ledger verify [--range a..b] [--receipt FILE [--witnesses N]] [--against URL|FILE] [--key VKEY]...';

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

/** The ledger's keys, its witnesses' and how many of them are required, as this installation has them. */
async function knownHere() {
  const db = consoleDatabase().pool('atom_owner');
  const { rows } = await db.query('select vkeys from ledger_witness order by id');
  const witnesses = rows.flatMap(({ vkeys }: { vkeys: string[] }) => vkeys.map(parseVerifierKey));
  const { required } = await readWitnessRule(db);
  return { verifiers: [...(await ledgerVerifiers(db)), ...witnesses], required };
}

/** Needs no database when the keys are given. */
async function receipt(file: string, keys: readonly string[], wanted: number | null): Promise<number> {
  const known = keys.length > 0 ? null : await knownHere();
  const verifiers = known?.verifiers ?? keys.map(parseVerifierKey);
  const required = wanted ?? known?.required ?? 0;
  const verdict = verifyReceipt(readFileSync(file, 'utf8'), verifiers, required);
  if (!verdict.ok) {
    const entry = verdict.index === null ? '' : `Entry ${verdict.index}: `;
    console.error(`BROKEN  ${entry}${receiptRefusals[verdict.reason]}`);
    return 1;
  }
  const asked = required > 0 ? ` (${required} required)` : '';
  const witnesses = verdict.cosigners.length ? `, cosigned by ${verdict.cosigners.join(', ')}${asked}` : '';
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
        witnesses: { type: 'string' },
        key: { type: 'string', multiple: true, default: [] },
      },
    });
    if (values.receipt !== undefined) {
      if (!existsSync(values.receipt)) return misused(`There is no file ${values.receipt}.`);
      if (values.witnesses !== undefined && !/^\d{1,2}$/.test(values.witnesses))
        return misused(`"${values.witnesses}" is not a number of witnesses.`);
      return receipt(
        values.receipt,
        values.key,
        values.witnesses === undefined ? null : Number(values.witnesses),
      );
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
