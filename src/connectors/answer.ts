import type { FlowItem } from '../protocol/flow.ts';
import type { ControlMessage } from '../protocol/messages.ts';

/** What a command has to answer with. */
export type AnswerType = 'SPEC' | 'CONNECTION_STATUS' | 'CATALOG';
export type Answer<Type extends AnswerType> = Extract<FlowItem, { readonly type: Type }>;

export function answerIn<Type extends AnswerType>(
  items: readonly FlowItem[],
  type: Type,
): Answer<Type> | undefined {
  return items.find((item): item is Answer<Type> => item.type === type);
}

export function isControl(item: FlowItem): item is ControlMessage {
  return item.type === 'CONTROL';
}
