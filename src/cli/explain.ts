import { ConfigError } from '../core/errors.js';
import { isObject } from '../core/json.js';
import { explanationText } from '../plan/explanation-text.js';
import { oneFile } from './arguments.js';
import type { Command } from './commands.js';
import { routerOf } from './router-of.js';
import { noteUnknown, sharedOptions } from './shared-options.js';
import { readSource } from './source.js';
import { exitCodes, usageError } from './terminal.js';

export const explainCommand: Command = {
  usage: "PLAN --context '{ … }'",
  says: 'tell which model answers a context when the plan begins, and why',
  more: ['The context is JSON, such as { "targetingKey": "user-42", "country": "DE" }.'],
  options: {
    context: { value: 'JSON', says: 'who asks; it must be given' },
    json: sharedOptions.json,
    use: sharedOptions.use,
  },
  async run(given, terminal) {
    const file = oneFile(given, 'a plan');
    const context = contextOf(given.text('context'));
    const source = await readSource(file, given.text('use'), terminal);
    noteUnknown(source, terminal);
    if (source.issues.length > 0) throw new ConfigError(file, source.issues);
    if (source.plan === undefined) throw new ConfigError(file, [{ path: 'plan', message: 'must have a strategy.' }]);
    const router = routerOf(source.plan, source.conditions);
    const explanation = router.explain(context);
    await router.close();
    terminal.out(given.has('json') ? `${JSON.stringify(explanation, null, 2)}\n` : `${explanationText(explanation)}\n`);
    return exitCodes.fine;
  },
};

function contextOf(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) throw usageError('needs --context.');
  const context = jsonOf(text);
  if (isObject(context)) return context;
  throw usageError(
    `--context must be a JSON object, such as '{ "targetingKey": "user-42" }' (was ${text.slice(0, 80)}).`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
