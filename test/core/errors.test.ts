import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ConfigError, isTurnoutError, messageOf, TurnoutError } from '../../src/core/errors.js';

describe('TurnoutError', () => {
  it('is an Error with a code, a name and a cause', () => {
    const cause = new Error('socket closed');
    const error = new TurnoutError('store-failed', 'the store did not answer', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error.code).toBe('store-failed');
    expect(error.name).toBe('TurnoutError');
    expect(error.message).toBe('the store did not answer');
    expect(error.cause).toBe(cause);
  });

  it('has no cause unless one is given', () => {
    expect('cause' in new TurnoutError('closed', 'closed')).toBe(false);
  });
});

describe('isTurnoutError', () => {
  const error: unknown = new TurnoutError('timeout', 'took too long');

  it('recognises the error, and its code if one is asked for', () => {
    expect(isTurnoutError(error)).toBe(true);
    expect(isTurnoutError(error, 'timeout')).toBe(true);
    expect(isTurnoutError(error, 'closed')).toBe(false);
  });

  it('recognises an error of another copy of the library by its brand', () => {
    const foreign = Object.assign(new Error('took too long'), { '~turnout': true, code: 'timeout' });
    expect(isTurnoutError(foreign, 'timeout')).toBe(true);
    expect(isTurnoutError(foreign, 'closed')).toBe(false);
  });

  it('recognises an error of another realm, whose Error is not ours', () => {
    const made: unknown = runInContext(
      "Object.assign(new Error('took too long'), { '~turnout': true, code: 'timeout' })",
      createContext({}),
    );
    expect(made instanceof Error).toBe(false);
    expect(isTurnoutError(made, 'timeout')).toBe(true);
  });

  it('recognises nothing else', () => {
    for (const other of [undefined, null, 'timeout', 7, {}, new Error('x'), { code: 'timeout' }, { '~turnout': 1 }])
      expect(isTurnoutError(other)).toBe(false);
  });
});

describe('ConfigError', () => {
  const issues = [
    { path: 'strategy.stages[0].share', message: 'must be a fraction in [0, 1] (was 5). Did you mean 0.05?' },
    { path: 'strategy.unit', message: "must be a text that is not empty (was '')." },
  ];

  it('says what was being built and then every issue on a line of its own', () => {
    expect(new ConfigError('Canary', issues).message).toBe(
      [
        'Canary:',
        '  strategy.stages[0].share: must be a fraction in [0, 1] (was 5). Did you mean 0.05?',
        "  strategy.unit: must be a text that is not empty (was '').",
      ].join('\n'),
    );
  });

  it('carries the issues, the code and its name', () => {
    const error = new ConfigError('Canary', issues);
    expect(error.issues).toEqual(issues);
    expect(error.code).toBe('config');
    expect(error.name).toBe('ConfigError');
    expect(isTurnoutError(error, 'config')).toBe(true);
  });
});

describe('messageOf', () => {
  it('is the message of an error and the text of anything else', () => {
    expect(messageOf(new Error('boom'))).toBe('boom');
    expect(messageOf('boom')).toBe('boom');
    expect(messageOf(undefined)).toBe('undefined');
    expect(messageOf(Symbol('boom'))).toBe('Symbol(boom)');
  });

  it('never throws, whatever was thrown', () => {
    const without = 'a value without text was thrown';
    expect(messageOf(Object.create(null))).toBe(without);
    const hostile = Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(messageOf(hostile)).toBe(without);
    expect(messageOf(Object.assign(new Error('x'), { message: 7 }))).toBe('7');
  });
});
