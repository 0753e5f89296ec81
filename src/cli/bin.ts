#!/usr/bin/env node
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../core/errors.js';
import { systemClock } from '../core/clock.js';
import { main } from './main.js';
import { rehearsalFrom } from './rehearsal-section.js';
import { readSource } from './source.js';
import { CommandError, exitCodes, type Terminal } from './terminal.js';

const noInput = (file: string, error: unknown) =>
  new CommandError(exitCodes.noInput, `${file} cannot be read: ${messageOf(error)}`);

const abort = new AbortController();

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  note: (text) => void process.stderr.write(text),
  ...(process.stdout.isTTY && { columns: process.stdout.columns }),
  isLive: process.stderr.isTTY === true,
  elapsed: () => systemClock.elapsed(),
  readText: async (file) => {
    try {
      return await readFile(file.startsWith('file:') ? new URL(file) : file, 'utf8');
    } catch (error) {
      throw noInput(file, error);
    }
  },
  writeText: async (file, text) => writeFile(file, text),
  urlOf: (file) => (file.startsWith('file:') ? file : pathToFileURL(file).href),
  load: async (url) => {
    try {
      return (await import(url)) as unknown;
    } catch (error) {
      // Of the module itself; an error inside it keeps its stack.
      const { code } = error as { readonly code?: string };
      if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNKNOWN_FILE_EXTENSION') throw noInput(url, error);
      throw error;
    }
  },
  rehearsalModule: (plan, use) => {
    const url = new URL(import.meta.url);
    url.search = new URLSearchParams({ plan, ...(use !== undefined && { use }) }).toString();
    return url.href;
  },
  signal: abort.signal,
};

// A thread of a rehearsal loads this file again, with the plan in its address, and runs what it exports.
const { searchParams } = new URL(import.meta.url);
const plan = searchParams.get('plan');

export default plan === null
  ? undefined
  : rehearsalFrom(await readSource(plan, searchParams.get('use') ?? undefined, terminal)).rehearsal;

if (plan === null) {
  process.once('SIGINT', () => abort.abort());
  process.stdout.on('error', (error: { readonly code?: string }) => {
    // Whoever reads has had enough, as `head` has.
    if (error.code !== 'EPIPE') throw error;
  });
  process.exitCode = await main(process.argv.slice(2), terminal);
}
