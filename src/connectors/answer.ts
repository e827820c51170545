import { CheckFailedError } from '../errors.ts';
import type { FlowItem } from '../protocol/flow.ts';
import type { ControlMessage } from '../protocol/messages.ts';
import { saidOnce } from '../protocol/said-once.ts';
import { mask } from '../secrets.ts';

/** What a command has to answer with. */
export type AnswerType = 'SPEC' | 'CONNECTION_STATUS' | 'CATALOG';
export type Answer<Type extends AnswerType> = Extract<FlowItem, { readonly type: Type }>;

export function answerIn<Type extends AnswerType>(
  items: readonly FlowItem[],
  type: Type,
): Answer<Type> | undefined {
  return items.find((item): item is Answer<Type> => item.type === type);
}

/** Throws, in the connector's own words, unless it says that the config works. */
export function refuseFailed(
  connector: string,
  { status, message }: Answer<'CONNECTION_STATUS'>['connectionStatus'],
  secrets: readonly string[],
): void {
  if (status === 'SUCCEEDED') return;
  const reason = saidOnce(mask(message ?? '', secrets), connector, 'check') || 'it gave no reason';
  throw new CheckFailedError(`${connector}: check failed: ${reason}`, {
    guidance: 'Correct the config, or what it points to, and check again.',
    context: { connector, reason },
  });
}

export function isControl(item: FlowItem): item is ControlMessage {
  return item.type === 'CONTROL';
}
