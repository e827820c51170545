import { type Destination, getDestination } from './destination.ts';
import { getSource, type Source } from './source.ts';
import { parseCount } from './sources/benchmark.ts';

/** A destination that throws everything away, in this process: for measuring and for trying out. */
export function getNoopDestination(): Destination {
  return getDestination('destination-dev-null', { test_destination: { test_destination_type: 'SILENT' } });
}

/** A source of so many records, as fast as they can be handed on: `getBenchmarkSource("2.4e6")`. */
export function getBenchmarkSource(records: number | string = '5e5'): Source {
  return getSource('source-benchmark', { num_records: parseCount(records) });
}
