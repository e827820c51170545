import type { ConnectorFlags, OutputFlags } from '../commands/flags.ts';

/** The flags of `sluice read`. */
export interface ReadFlags extends ConnectorFlags, OutputFlags {
  readonly streams?: readonly string[];
  readonly limit?: number;
  readonly cache?: string | true;
  readonly strategy?: 'auto' | 'append' | 'merge' | 'replace';
  readonly fullRefresh?: boolean;
  readonly connection?: string;
}
