import type { ConnectorSpecification } from '../../protocol/spec.ts';
import type { ConnectorKind } from '../options.ts';
import { compareVersions } from './versions.ts';

/** What is known of a connector without running it. */
export interface ConnectorMetadata {
  /** `source-faker` */
  readonly name: string;
  readonly kind: ConnectorKind;
  /** Its name for people: `Sample Data`. */
  readonly title: string;
  /** How it can be run, the way that is preferred first. */
  readonly ways: readonly ConnectorWay[];
  /** The newest version that the registry offers. */
  readonly version?: string | undefined;
  /** The versions that the registry tells of, the newest first: not every one that there has been. */
  readonly versions: readonly ConnectorVersion[];
  /** Versions that need something done when one upgrades to them, the oldest first. */
  readonly breakingChanges: readonly BreakingChange[];
  readonly definitionId?: string | undefined;
  readonly documentationUrl?: string | undefined;
  /** What it is written in: `python`, `java`, `manifest-only`, `typescript`. */
  readonly language?: string | undefined;
  /** `certified`, `community` or `archived`. */
  readonly supportLevel?: string | undefined;
  readonly releaseStage?: string | undefined;
  readonly releaseDate?: string | undefined;
  /** What a source reads: `api`, `database`, `file`. */
  readonly sourceType?: string | undefined;
  readonly license?: string | undefined;
  readonly suggestedStreams: readonly string[];
  readonly spec?: ConnectorSpecification | undefined;
  /** All that the registry says, as it says it. */
  readonly entry?: Readonly<Record<string, unknown>> | undefined;
}

/** One way of running a connector. */
export type ConnectorWay =
  | { readonly way: 'built in' }
  | { readonly way: 'manifest'; readonly url: string; readonly version: string }
  | {
      readonly way: 'python';
      readonly package: string;
      readonly version?: string | undefined;
      /** When it was last run from this package by Sluice's makers, and what it then answered. */
      readonly verified?: Verified | undefined;
    }
  | { readonly way: 'docker'; readonly image: string; readonly version: string };

/** The evidence that a connector runs. */
export interface Verified {
  readonly version: string;
  /** A date: `2026-11-21`. */
  readonly on: string;
  /** The commands that it answered. */
  readonly answered: readonly string[];
}

/** A version that the registry tells of, and why. */
export interface ConnectorVersion {
  readonly version: string;
  readonly as: 'current' | 'release candidate' | 'breaking change';
}

/** What an upgrade to a version breaks. */
export interface BreakingChange {
  readonly version: string;
  readonly message: string;
  /** The day from which Airbyte's platform enforces it. */
  readonly deadline?: string | undefined;
  readonly migrationUrl?: string | undefined;
}

/** The breaking changes that lie between an installed version and a wanted one, the oldest first. */
export function breakingBetween(
  changes: readonly BreakingChange[],
  installed: string,
  wanted: string,
): readonly BreakingChange[] {
  return changes.filter(
    ({ version }) => compareVersions(version, installed) > 0 && compareVersions(version, wanted) <= 0,
  );
}
