import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { sampleAnswer, sampleEvidence } from '#scripts/testing/proposals.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { openAiGateway } from './gateway.real.ts';
import { simulatedModel } from './gateway.simulated.ts';
import type { Asked, ModelGateway } from './gateway.ts';
import { judge, modelAnswer } from './rules/enrich.ts';
import { prepare, systemPrompt } from './rules/prompt.ts';

const mock = new LLMock({ port: 0, logLevel: 'silent' });
const { cards, events } = sampleAnswer(sampleEvidence());
const prepared = prepare(cards, events);
const asked: Asked = {
  system: systemPrompt,
  input: prepared.input,
  schema: z.toJSONSchema(modelAnswer) as Record<string, unknown>,
};
const soon = () => AbortSignal.timeout(60_000);
const good = JSON.stringify({
  order: prepared.input.proposals.map(p => p.ref),
  notes: [{ proposal: 'P1', sentences: [{ text: 'The load rose shortly before.', cites: ['E1'] }] }],
});

const real = (change: Partial<Parameters<typeof openAiGateway>[0]> = {}) =>
  openAiGateway({ key: 'sk-test-0123456789', baseUrl: `${mock.url}/v1`, ...change });

beforeAll(async () => {
  await mock.start();
  loadEnvForTest({
    ATOM_SECRET: testSecret,
    LOG_LEVEL: 'silent',
    ATOM_PROCESS: 'test',
    ATOM_ALLOWED_HOSTS: '127.0.0.1',
  });
});
afterAll(async () => {
  await mock.stop();
});
beforeEach(() => {
  mock.clearFixtures();
  mock.clearChaos();
  mock.clearRequests();
});

const answering = (content: string) => mock.on({ predicate: () => true }, { content });

describe.each<[string, () => ModelGateway]>([
  ['real', () => real()],
  ['simulated', () => simulatedModel],
])('the contract: %s', (name, make) => {
  beforeEach(() => {
    answering(good);
  });

  it('says whether it is real', () => {
    expect(make().real).toBe(name === 'real');
  });

  it('answers in a way that is accepted, and keeps order and plans', async () => {
    const answer = await make().ask(asked, soon());
    if (answer.result !== 'answered') throw new Error(answer.problem);
    const judged = judge(answer.text, prepared, cards);
    if (!judged.ok) throw new Error(judged.problem);
    expect(judged.enriched.dropped).toEqual([]);
    expect(judged.enriched.order).toEqual(cards.map(card => card.id));
    expect(Object.values(judged.enriched.texts).flat().length).toBeGreaterThan(0);
  });

  it('is away when it is told to stop', async () => {
    expect(await make().ask(asked, AbortSignal.abort())).toMatchObject({ result: 'away' });
  });
});

describe('an OpenAI-compatible endpoint', () => {
  it('is asked with the reviewed prompt, a strict schema, and the key in its header only', async () => {
    answering(good);
    await real({ model: 'some-model' }).ask(asked, soon());
    const request = mock.getLastRequest();
    expect(request?.path).toBe('/v1/chat/completions');
    const body = request?.body as unknown as Record<string, unknown>;
    expect(body.model).toBe('some-model');
    expect(body.temperature).toBe(0);
    expect(body.messages).toMatchObject([{ role: 'system', content: systemPrompt }, { role: 'user' }]);
    expect(body.response_format).toMatchObject({ type: 'json_schema', json_schema: { strict: true } });
    expect(body).not.toHaveProperty('tools');
    expect(JSON.stringify(body)).not.toContain('sk-test');
  });

  it.each([
    [500, 'away'],
    [503, 'away'],
    [429, 'away'],
    [400, 'refused'],
    [401, 'refused'],
    [403, 'refused'],
  ])('that answers %i is %s', async (status, result) => {
    mock.nextRequestError(status, { message: 'no' });
    answering(good);
    expect(await real().ask(asked, soon())).toMatchObject({ result });
  });

  it('that takes too long is away', async () => {
    answering(good);
    mock.setChaos({ latencyMs: 2000 });
    expect(await real({ timeoutMs: 200 }).ask(asked, soon())).toMatchObject({ result: 'away' });
  });

  it('that sends broken JSON or hangs up is away', async () => {
    answering(good);
    mock.setChaos({ malformedRate: 1 });
    expect(await real().ask(asked, soon())).toMatchObject({ result: 'away' });
    mock.setChaos({ disconnectRate: 1 });
    expect(await real().ask(asked, soon())).toMatchObject({ result: 'away' });
  });

  it.each([
    [
      'declines',
      { choices: [{ finish_reason: 'stop', message: { content: null, refusal: 'I will not.' } }] },
    ],
    ['filters', { choices: [{ finish_reason: 'content_filter', message: { content: '' } }] }],
    [
      'stops in the middle',
      { choices: [{ finish_reason: 'length', message: { content: good.slice(0, 40) } }] },
    ],
    ['says nothing', { choices: [] }],
    ['says something else', { hello: 'world' }],
  ])('that %s is refused, and not asked again', async (_what, json) => {
    const odd = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(json));
    });
    await new Promise<void>(resolve => odd.listen(0, '127.0.0.1', resolve));
    const { port } = odd.address() as AddressInfo;
    const baseUrl = `http://127.0.0.1:${port}/v1`;
    expect(await real({ baseUrl }).ask(asked, soon())).toMatchObject({ result: 'refused' });
    odd.close();
  });

  it('on a private address is refused unless it is allowed', async () => {
    loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', ATOM_PROCESS: 'test' });
    try {
      expect(await real().ask(asked, soon())).toMatchObject({ result: 'refused' });
      expect(mock.getRequests()).toEqual([]);
    } finally {
      loadEnvForTest({
        ATOM_SECRET: testSecret,
        LOG_LEVEL: 'silent',
        ATOM_PROCESS: 'test',
        ATOM_ALLOWED_HOSTS: '127.0.0.1',
      });
    }
  });
});
