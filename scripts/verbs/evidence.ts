import { readFileSync, statSync } from 'node:fs';
import type { Verb } from './catalogue.ts';
import { checkEvidence } from './evidence/check.ts';

const mostBytes = 512 * 1024 * 1024;

export const verifyEvidenceVerb: Verb = {
  name: 'verify-evidence',
  usage: 'verify-evidence FILE [--key KEY]... [--witnesses N]',
  summary: 'Check an evidence archive offline; exits with 1 on the first thing that is wrong, naming it',
  run: async args => {
    const pins: string[] = [];
    const files: string[] = [];
    let witnesses = '0';
    for (let i = 0; i < args.length; i++) {
      const word = args[i] ?? '';
      if (word === '--key') pins.push(args[++i] ?? '');
      else if (word === '--witnesses') witnesses = args[++i] ?? '';
      else files.push(word);
    }
    const [file] = files;
    if (files.length !== 1 || !file || pins.includes('') || !/^\d{1,2}$/.test(witnesses)) {
      console.error(
        'Name the archive: npm run atom -- verify-evidence FILE.zip [--key KEY]... [--witnesses N]',
      );
      return 2;
    }
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined || size > mostBytes) {
      console.error(size === undefined ? `There is no file ${file}.` : `${file} is larger than 512 MB.`);
      return 2;
    }
    const findings = await checkEvidence(readFileSync(file), pins, new Date(), Number(witnesses));
    for (const { ok, text } of findings) console.log(`${ok ? 'ok   ' : 'FAIL '} ${text}`);
    const holds = findings.every(({ ok }) => ok);
    if (holds && pins.length === 0)
      console.log(
        'note  The keys are the archive’s own. Give those you know with --key to be sure whose they are.',
      );
    console.log(holds ? 'The evidence holds.' : 'The evidence does not hold.');
    return holds ? 0 : 1;
  },
};
