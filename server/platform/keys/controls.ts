import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { signingProof } from '#kernel/signing/proof.ts';

declareControls([
  defineControl({
    id: 'P2.signing_key',
    policy: 'P2',
    system: 'kernel',
    title: 'An operator’s own key signs',
    // That a path is set proves nothing: a probe is signed, and verified with what is published.
    run: ctx => signingProof(ctx.database, ctx.clock),
  }),
]);
