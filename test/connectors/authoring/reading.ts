import {
  defineSource,
  type SourceDefinition,
  type StreamDefinition,
} from '../../../src/connectors/authoring/define-source.ts';
import type { FlowItem } from '../../../src/protocol/flow.ts';
import type { StateMessage } from '../../../src/protocol/messages.ts';

/** A source of one stream "a". */
export function sourceOf(stream: Partial<StreamDefinition>, rest: Partial<SourceDefinition> = {}) {
  return defineSource({ name: 'mine', streams: [{ name: 'a', read: () => [], ...stream }], ...rest });
}

/** All that the stream says when it is read. */
export async function read(
  stream: Partial<StreamDefinition>,
  states: readonly StateMessage[] = [],
  syncMode = 'incremental',
) {
  const program = sourceOf(stream);
  const { signal } = new AbortController();
  const options = { signal, log: () => {} };
  const catalog = await program.discover?.({}, options);
  const configured = (catalog?.streams ?? []).map((one) => ({
    stream: one,
    sync_mode: syncMode === 'incremental' ? ('incremental' as const) : ('full_refresh' as const),
    destination_sync_mode: 'append' as const,
  }));
  const items: FlowItem[] = [];
  const flow = program.read?.({}, { streams: configured }, states, options);
  for await (const some of flow ?? []) items.push(...some);
  return items;
}

/** Rows as their number, states as what they hold and the number of rows they stand for. */
export const told = (items: readonly FlowItem[]) =>
  items.flatMap((item): readonly unknown[] => {
    if (item.type === 'RECORDS') return [item.records().length];
    if (item.type === 'STATE')
      return [{ ...Object(item.state.stream?.stream_state), rows: item.state.sourceStats?.recordCount }];
    return item.type === 'TRACE' && item.trace.type === 'STREAM_STATUS'
      ? [item.trace.stream_status.status]
      : [];
  });

export const statesOf = (items: readonly FlowItem[]) => items.filter((item) => item.type === 'STATE');
