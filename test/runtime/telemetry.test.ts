import { describe, expect, test, vi } from 'vitest';
import { Telemetry } from '../../src/runtime/telemetry.js';

const logger = () => ({ debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() });

const mark = { id: 'r/b@2:odd', kind: 'odd', severity: 'warning' } as const;
const odd = { ...mark, why: 'odd', at: 7, facts: {} };

describe('what a router tells', () => {
  test('is silent by default', () => {
    const telemetry = new Telemetry('r', undefined);
    expect(() => telemetry.alert(odd)).not.toThrow();
    expect(() => telemetry.error(new Error('x'), 'read')).not.toThrow();
    expect(telemetry.counters()).toEqual({ unreportedErrors: 0, 'errors: read': 1 });
  });

  test('builds a payload only for someone who listens', () => {
    const telemetry = new Telemetry('r', undefined);
    const payload = vi.fn(() => ({ model: 'v1' }));
    telemetry.emit('drained', payload);
    expect(payload).not.toHaveBeenCalled();
    const heard: unknown[] = [];
    telemetry.events.on('drained', (event) => heard.push(event));
    telemetry.emit('drained', payload);
    expect([heard, payload.mock.calls.length]).toEqual([[{ model: 'v1' }], 1]);
  });

  test('is told to listeners and to the logger, with fields', () => {
    const log = logger();
    const telemetry = new Telemetry('r', log);
    const heard: unknown[] = [];
    telemetry.events.on('transition', (event) => heard.push(event));
    telemetry.events.on('alert', (event) => heard.push(event));
    const stamp = { revision: 2, replica: 'a', at: 7 };
    telemetry.history([
      { ...stamp, node: 'r/a', from: 'x', to: 'y', why: 'so', facts: { share: 1 } },
      { ...stamp, node: 'r/a', from: '', to: '', why: 'bare', facts: {} },
      { ...stamp, node: 'r/b', from: '', to: '', why: 'odd', facts: { n: 3 }, alert: mark },
    ]);
    expect(heard).toEqual([
      { node: 'r/a', from: 'x', to: 'y', why: 'so', facts: { share: 1 } },
      { node: 'r/a', from: '', to: '', why: 'bare', facts: {} },
      { ...mark, node: 'r/b', why: 'odd', at: 7, facts: { n: 3 } },
    ]);
    expect(log.info).toHaveBeenNthCalledWith(1, 'r/a: x → y: so', {
      router: 'r',
      node: 'r/a',
      from: 'x',
      to: 'y',
      share: 1,
    });
    expect(log.warn).toHaveBeenCalledWith('odd', { router: 'r', ...odd, node: 'r/b', facts: { n: 3 } });
    telemetry.error(new Error('boom'), 'store read');
    expect(log.error).toHaveBeenCalledWith(
      'store read: boom',
      expect.objectContaining({ router: 'r', operation: 'store read' }),
    );
  });

  test('counts errors by operation, a hundred kinds at most', () => {
    const telemetry = new Telemetry('r', undefined);
    for (let i = 0; i < 150; i += 1) telemetry.error('x', `operation ${i}`);
    telemetry.error('x', 'operation 0');
    telemetry.error('x', 'operation 149');
    const counters = telemetry.counters();
    expect(Object.keys(counters)).toHaveLength(101);
    expect(counters['errors: operation 0']).toBe(2);
    expect(counters['errors: operation 99']).toBe(1);
    expect(counters['errors: operation 100']).toBeUndefined();
  });

  test('logs an alert as loud as it is', () => {
    const log = logger();
    const telemetry = new Telemetry('r', log);
    for (const severity of ['info', 'warning', 'critical'] as const) telemetry.alert({ ...odd, severity });
    const levels = [log.debug, log.info, log.warn, log.error].map(({ mock }) => mock.calls.length);
    expect(levels).toEqual([0, 1, 1, 1]);
  });

  test('survives a logger that throws', () => {
    const bad = () => {
      throw new Error('disk full');
    };
    const telemetry = new Telemetry('r', { debug: bad, info: bad, warn: bad, error: bad });
    expect(() => telemetry.alert(odd)).not.toThrow();
  });
});
