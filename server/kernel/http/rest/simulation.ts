import { env } from '../../env/env.ts';
import type { RestRequest } from './handle.ts';

const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
const forwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via', 'x-forwarded-host'];

/**
 * Whether an unauthenticated call may act as the simulation principal: only a direct call from this machine. A proxy
 * makes the whole world look like loopback, a web page can make a browser call localhost, and a rebound name resolves to
 * it: each of these is told apart by what the request carries.
 */
export function mayActAsSimulation(request: RestRequest): boolean {
  if (!env().simulation || env().production || !loopback.has(request.ip)) return false;
  if (forwarded.some(name => request.header(name) !== undefined)) return false;
  if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(request.header('host') ?? '')) return false;
  const site = request.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  return request.header('origin') === undefined || site === 'same-origin';
}
