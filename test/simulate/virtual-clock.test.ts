import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/simulate/virtual-clock.js';

test('stands still until it is moved, and never goes back', () => {
  const clock = new VirtualClock(1000);
  expect([clock.now(), clock.elapsed()]).toEqual([1000, 0]);
  clock.moveTo(250.5);
  expect([clock.now(), clock.elapsed()]).toEqual([1250.5, 250.5]);
  clock.moveTo(100);
  expect(clock.elapsed()).toBe(250.5);
});

test('runs due timers in the order of their times, and of one time in the order they were set', () => {
  const clock = new VirtualClock(0);
  const ran: string[] = [];
  clock.setTimer(() => ran.push('late'), 20);
  clock.setTimer(() => ran.push('first'), 10);
  clock.setTimer(() => ran.push('second'), 10);
  clock.setTimer(() => ran.push('not yet'), 21);
  expect(clock.nextDue).toBe(10);
  clock.moveTo(20);
  expect(ran).toEqual([]);
  clock.runDue();
  expect(ran).toEqual(['first', 'second', 'late']);
  expect(clock.nextDue).toBe(21);
});

test('does not run a timer that was cleared, not even by one that ran just before it', () => {
  const clock = new VirtualClock(0);
  const ran: string[] = [];
  const gone = clock.setTimer(() => ran.push('gone'), 5);
  const second = { timer: undefined as unknown };
  clock.setTimer(() => clock.clearTimer(second.timer), 6);
  second.timer = clock.setTimer(() => ran.push('second'), 7);
  clock.clearTimer(gone);
  clock.moveTo(10);
  clock.runDue();
  expect(ran).toEqual([]);
  expect(clock.nextDue).toBe(Infinity);
});

test('sets a timer with a delay under 0 for now', () => {
  const clock = new VirtualClock(0);
  clock.moveTo(5);
  clock.setTimer(() => {}, -3);
  expect(clock.nextDue).toBe(5);
});
