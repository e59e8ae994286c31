import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { systemPrincipal } from '#kernel/auth/principal.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { sha256Hex } from '#kernel/signing/canonical.ts';
import { activeSigners } from '#kernel/signing/signer.ts';
import { messageBundle } from '#kernel/signing/sigstore-bundle.ts';
import { fileSignature, signStatement } from '#kernel/signing/statement.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { Verb } from './catalogue.ts';

const usage = 'sign FILE [--out ENVELOPE]';

export const signVerb: Verb = {
  name: 'sign',
  usage,
  summary: 'Sign a file with the console’s classical and post-quantum key',
  run: async words => {
    const args = wordsOf(words);
    if (!args) {
      console.error(`Name one file: npm run atom -- ${usage}`);
      return 2;
    }
    const content = contentOf(args.file);
    if (!content) return 1;
    const ctx = systemContext('cli', consoleDatabase(), systemClock, systemPrincipal('cli'));
    const signers = await activeSigners(ctx.database, ctx.clock);
    const name = basename(args.file);
    const envelope = await signStatement(signers, [{ name, content }], fileSignature, {
      signedAt: ctx.clock.now().toISOString(),
    });
    const classical = signers.find(s => s.algorithm === 'ecdsa-p256');
    const bundle = classical ? await messageBundle(classical, content) : null;
    const digest = sha256Hex(content);
    await ctx.commit(
      {
        type: 'artefact.signed',
        target: { kind: 'artefact', id: digest },
        detail: { name, keys: signers.map(s => s.keyid) },
      },
      async () => {},
    );
    const out = args.out ?? `${args.file}.dsse.json`;
    const written = [out];
    writeFileSync(out, `${JSON.stringify(envelope)}\n`);
    if (bundle) {
      written.push(`${out.replace(/\.dsse\.json$/, '')}.sigstore.json`);
      writeFileSync(written[1] ?? '', `${JSON.stringify(bundle)}\n`);
    }
    const by = signers.map(s => `${s.algorithm} ${s.keyid.slice(0, 16)}`).join(' and ');
    console.log(`${args.file} is signed by ${by}, in ${written.join(' and ')}.`);
    return 0;
  },
};

function wordsOf(words: string[]): { file: string; out: string | undefined } | null {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      options: { out: { type: 'string' } },
      allowPositionals: true,
    });
    const [file, ...more] = positionals;
    return file === undefined || more.length > 0 ? null : { file, out: values.out };
  } catch {
    return null;
  }
}

/** Says what is wrong with the file by itself. */
export function contentOf(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    console.error(`The file ${file} cannot be read.`);
    return null;
  }
}
