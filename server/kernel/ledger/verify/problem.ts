/** The first thing that is wrong. `index` is the first entry it concerns. */
export class LedgerProblem extends Error {
  readonly index: number | null;
  readonly uid: string | null;
  constructor(message: string, index: number | null = null, uid: string | null = null) {
    super(message);
    this.index = index;
    this.uid = uid;
  }
}

/** A root that somebody outside the database knows: this machine's last signature, a witness, a receipt, a copy. */
export interface ExpectedRoot {
  size: number;
  root: Buffer;
  source: string;
}
