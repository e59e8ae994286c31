import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mase, smape } from '#server/governance/cost/rules/forecast/accuracy.ts';
import { chooseForecast } from '#server/governance/cost/rules/forecast/choose.ts';
import { naive2, seasonalNaive } from '#server/governance/cost/rules/forecast/naive.ts';
import { fitSeasonalAr } from '#server/governance/cost/rules/forecast/seasonal-ar.ts';
import { fitTheta } from '#server/governance/cost/rules/forecast/theta.ts';
import type { Row } from '../measure.ts';

type Method = (history: readonly number[]) => readonly number[];

const horizon = 48;
const day = 24;
/** What the competition published for the hourly series: nothing of ours counts before these come out again. */
const published = { naive2: { smape: 18.383, mase: 2.395 }, seasonalNaive: 0.627, theta: 1.006, best: 0.41 };

const read = (file: string): number[][] =>
  readFileSync(file, 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map(line =>
      line
        .split(',')
        .slice(1)
        .map(cell => cell.replaceAll('"', '').trim())
        .filter(cell => cell !== '')
        .map(Number),
    );

function scores(train: readonly number[][], test: readonly number[][], method: Method) {
  let [s, m] = [0, 0];
  for (const [i, history] of train.entries()) {
    const actual = test[i] ?? [];
    const forecast = method(history);
    s += smape(actual, forecast);
    m += mase(history, actual, forecast, day) ?? 0;
  }
  return { smape: s / train.length, mase: m / train.length };
}

/**
 * M4 Hourly, all 414 series, by the competition's own measure (OWA, relative to Naive2). M4_DATA names a checkout's folder
 * `Dataset` of Mcompetitions/M4-methods; the data are not kept here.
 */
export function m4Hourly(rows: Row[]): void {
  const folder = process.env.M4_DATA;
  const files = ['Train/Hourly-train.csv', 'Test/Hourly-test.csv'].map(name => join(folder ?? '', name));
  if (!folder || !files.every(existsSync)) {
    console.log(
      'M4 Hourly is left out: M4_DATA names no folder with Train/Hourly-train.csv and Test/Hourly-test.csv.',
    );
    return;
  }
  const [train = [], test = []] = files.map(read);
  const base = scores(train, test, history => naive2(history, day, horizon));
  const near = (found: number, said: number) => Math.abs(found - said) < 0.001;
  if (
    train.length !== 414 ||
    !near(base.smape, published.naive2.smape) ||
    !near(base.mase, published.naive2.mase)
  )
    throw new Error(
      `Naive2 gives sMAPE ${base.smape} and MASE ${base.mase}, not what M4 published: nothing is comparable.`,
    );
  const owa = (method: Method) => {
    const found = scores(train, test, method);
    return (found.smape / base.smape + found.mase / base.mase) / 2;
  };
  const seasonal = owa(history => seasonalNaive(history, day).forecast(horizon));
  const theta = owa(history => fitTheta(history, day)?.forecast(horizon) ?? []);
  if (!near(seasonal, published.seasonalNaive) || !near(theta, published.theta))
    throw new Error(`Seasonal-naive gives ${seasonal} and Theta ${theta}, not what M4 published.`);
  const row = (name: string, ours: number, limit: number, aim: string) =>
    rows.push({ name, ours, limit, unit: 'OWA', ratio: ours / limit, aim });
  row('M4 Hourly: seasonal-naive, beside what M4 published', seasonal, published.seasonalNaive, '1.00 ratio');
  row('M4 Hourly: Theta, beside what M4 published', theta, published.theta, '1.00 ratio');
  const periods = [day, 7 * day];
  row(
    'M4 Hourly: seasonal autoregression alone, beside the best of the competition',
    owa(history => fitSeasonalAr(history, periods)?.forecast(horizon) ?? []),
    published.best,
    '<= 0.41, floor 0.627',
  );
  const inside = { all: 0, within80: 0, within95: 0 };
  const chosen = owa(history => {
    const found = chooseForecast(history, { periods }, horizon, { origins: 2 });
    const actual = test[train.indexOf(history as number[])] ?? [];
    for (const [h, point] of (found?.points ?? []).entries()) {
      const y = actual[h] ?? Number.NaN;
      inside.all++;
      if (y >= point.low80 && y <= point.high80) inside.within80++;
      if (y >= point.low95 && y <= point.high95) inside.within95++;
    }
    return found?.points.map(point => point.value) ?? [];
  });
  row(
    'M4 Hourly: model chosen for each series by its backtest, beside the best of the competition',
    chosen,
    published.best,
    '<= 0.41, floor 0.627',
  );
  const coverage = (name: string, found: number, wanted: number) =>
    rows.push({ name, ours: found, limit: wanted, unit: 'share', ratio: found / wanted, aim: 'stated' });
  coverage('M4 Hourly: real values within the 80 % interval', inside.within80 / inside.all, 0.8);
  coverage('M4 Hourly: real values within the 95 % interval', inside.within95 / inside.all, 0.95);
}
