import { ConnectorFailedError } from '../errors.ts';
import type { FlowItem } from '../protocol/flow.ts';
import { saidOnce } from '../protocol/said-once.ts';

/**
 * Notes the errors that a connector reports by TRACE. It may go on after one, and a process usually fails right after
 * it with more to tell; only when it then ends as if all were well does the first of them become its failure.
 */
export function traceErrors(connector: string): {
  hear(items: readonly FlowItem[]): void;
  /** Throws the first error that was reported. */
  refuse(): void;
} {
  let failure: ConnectorFailedError | undefined;
  return {
    hear(items) {
      for (const item of items) {
        if (item.type !== 'TRACE' || item.trace.type !== 'ERROR') continue;
        const { message, failure_type, internal_message, stream_descriptor } = item.trace.error;
        const words = saidOnce(message, connector);
        failure ??= new ConnectorFailedError(`${connector}: ${words}`, {
          guidance: 'It ended as if all were well, but reported this error. Its log may say more.',
          context: {
            connector,
            ...(failure_type ? { failureType: failure_type } : {}),
            ...(internal_message ? { internalMessage: internal_message } : {}),
            ...(stream_descriptor ? { stream: stream_descriptor.name } : {}),
          },
        });
      }
    },
    refuse() {
      if (failure !== undefined) throw failure;
    },
  };
}
