import type { ConfigProblem } from '../errors.ts';
import type { LogSink } from '../protocol/log.ts';

export async function validateConfig(
  _config: unknown,
  _schema: unknown,
  _options: { readonly connector: string; readonly log: LogSink },
): Promise<readonly ConfigProblem[]> {
  return [];
}
