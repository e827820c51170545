export { StateFolder } from './caches/state-folder.ts';
export { Destination, getDestination } from './connectors/destination.ts';
export { getSource, Source } from './connectors/source.ts';
export type { WriteStrategy } from './protocol/configure-catalog.ts';
