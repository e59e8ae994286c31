import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { dsseEnvelope } from '#kernel/signing/dsse.ts';
import { trustedKeys } from '#kernel/signing/signer.ts';
import { fileSignature, statementRefusals, verifyStatement } from '#kernel/signing/statement.ts';
import { scenarioOf } from './rules/scenarios.ts';
import { newestFinished } from './store/game-days.ts';

const week = 7 * 86_400_000;
const none = { result: 'N/A' as const, reason: 'No game day has ended yet, so there is nothing to judge' };

/** Chaos weekly: the last one is recent, and it ended well. */
export const gameDayControl = defineControl({
  id: 'P7.game_day',
  policy: 'P7',
  system: 'simulations',
  title: 'A game day was held within the last week, and all was well again after it',
  phases: ['H.4'],
  run: async ctx => {
    const last = await newestFinished(ctx.db);
    if (!last?.finishedAt) return none;
    const title = scenarioOf(last.scenario)?.title ?? last.scenario;
    if (ctx.clock.now().getTime() - Date.parse(last.finishedAt) > week + 86_400_000)
      return { result: 'FAIL', reason: `The last one, ${title}, ended ${last.finishedAt}` };
    return last.verdict === 'pass'
      ? { result: 'PASS', reason: `${title} on ${last.targetId} passed`, evidence: [last.id] }
      : { result: 'FAIL', reason: `${title} on ${last.targetId}: ${last.verdict}`, evidence: [last.id] };
  },
});

export const gameDaySignature = defineControl({
  id: 'P2.game_day_report',
  policy: 'P2',
  system: 'simulations',
  title: 'The newest game-day report is signed over exactly its bytes',
  phases: ['H.4'],
  run: async ctx => {
    const last = await newestFinished(ctx.db);
    if (!last?.report) return none;
    const envelope = dsseEnvelope.safeParse(last.envelope);
    if (!envelope.success) return { result: 'FAIL', reason: 'The report is not signed' };
    const wanted = { predicateType: fileSignature, content: Buffer.from(last.report, 'utf8') };
    const held = verifyStatement(envelope.data, wanted, await trustedKeys(ctx.database), ctx.clock.now());
    return held.ok
      ? { result: 'PASS', reason: `Both signatures of ${last.id} hold` }
      : { result: 'FAIL', reason: statementRefusals[held.reason] };
  },
});

declareControls([gameDayControl, gameDaySignature]);
