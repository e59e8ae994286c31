import { hkdfSync, type KeyObject } from 'node:crypto';
import { signatureLines } from '#kernel/ledger/note.ts';
import { cosigner, type NoteSigner, parseVerifierKey } from '#kernel/ledger/note-keys.ts';
import { type TlogAnswer, text } from '#kernel/ledger/tlog-answer.ts';
import { originHash } from '#kernel/ledger/witness-messages.ts';
import { judgeSubmission, readSubmission, unknownLog, unreadable } from '#kernel/ledger/witness-rules.ts';
import type { PinnedLog } from '../schema.ts';
import type { WitnessDisk } from '../store/witness.ts';

export { openWitnessDisk } from '../store/witness.ts';

/** A key of its own, made of the relay's: a cosignature says something else than a relay's message. */
export function witnessKey(id: string, key: KeyObject, now: () => Date): NoteSigner {
  const secret = key.export({ type: 'pkcs8', format: 'der' });
  const seed = Buffer.from(hkdfSync('sha256', secret, 'atom-relay', 'ledger-witness', 32));
  return cosigner(`${id}/witness`, seed, now);
}

/**
 * A relay as a witness of its console's ledger: it stands elsewhere, remembers what it cosigned, and cosigns only what
 * extends it. A ledger that was shortened or rewritten cannot get its signature again.
 */
export class RelayWitness {
  readonly #disk: WitnessDisk;
  readonly #signer: NoteSigner;
  readonly #log: PinnedLog;
  readonly #now: () => Date;

  constructor(deps: { disk: WitnessDisk; signer: NoteSigner; log: PinnedLog; now: () => Date }) {
    this.#disk = deps.disk;
    this.#signer = deps.signer;
    this.#log = deps.log;
    this.#now = deps.now;
  }

  get vkey(): string {
    return this.#signer.vkey;
  }

  state() {
    const { size } = this.#disk.seen(this.#log.origin);
    return { vkey: this.vkey, origin: this.#log.origin, size, accusations: this.#disk.accusations() };
  }

  async add(body: string): Promise<TlogAnswer> {
    const message = readSubmission(body);
    if (!message) return unreadable();
    if (message.origin !== this.#log.origin) return unknownLog();
    const known = this.#disk.seen(message.origin);
    const judged = judgeSubmission(message, known, this.#log.vkeys.map(parseVerifierKey));
    if (judged.do === 'answer') return judged.answer;
    if (judged.do === 'split') {
      this.#disk.accuse(message.origin, [known.note ?? '', message.checkpoint], this.#now());
      return judged.answer;
    }
    const lines = await signatureLines(judged.text, [this.#signer]);
    this.#disk.keep(message.origin, {
      size: judged.size,
      root: judged.root,
      note: `${judged.text}\n${judged.trusted}${lines}`,
    });
    return text(200, lines);
  }

  checkpoint(hash: string): TlogAnswer {
    const { note } = this.#disk.seen(this.#log.origin);
    return note && hash === originHash(this.#log.origin)
      ? text(200, note)
      : text(404, 'Nothing of that log was cosigned here.\n');
  }
}
