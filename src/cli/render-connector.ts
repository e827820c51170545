import type { RegistryOrigin } from '../connectors/registry/load.ts';
import type { ConnectorMetadata, ConnectorWay } from '../index.ts';
import { inFlags } from './library-words.ts';
import type { Kind } from './name-argument.ts';
import type { Palette } from './palette.ts';
import { pad, printable } from './terminal.ts';

/** All that `sluice connectors show` tells of a connector. */
export interface Shown {
  readonly name: string;
  readonly kind: Kind;
  /** Undefined for a program on PATH that no registry knows. */
  readonly metadata: ConnectorMetadata | undefined;
  readonly origin: RegistryOrigin;
  /** How it would be run: `runs built in`. */
  readonly runs: string;
  readonly others: readonly string[];
  readonly installed: string | undefined;
}

/** A connector for people: a line for each thing that is known. */
export function renderConnector(
  { name, metadata, origin, runs, others, installed }: Shown,
  palette: Palette,
): string {
  const lines = [
    palette.bold(printable(name)) + (metadata === undefined ? '' : `  ${printable(metadata.title)}`),
    line('runs', inFlags(runs.replace(/^runs /, ''), 'one', runs)),
    ...others.map((other) => line('or', inFlags(other, 'one', other))),
    line('installed', installed),
    ...(metadata === undefined ? [] : known(metadata)),
    line('registry', placeOf(origin)),
  ];
  return lines.filter((one) => one !== undefined).join('\n');

  function line(label: string, value: string | undefined): string | undefined {
    if (value === undefined || value === '') return undefined;
    return `${palette.dim(pad(label, 10))}  ${printable(value.replaceAll(/\s+/g, ' '))}`;
  }

  function known({ version, versions, ways, breakingChanges, ...said }: ConnectorMetadata) {
    const candidates = versions.filter(({ as }) => as === 'release candidate');
    return [
      line('version', version),
      line('candidates', candidates.map((one) => one.version).join(', ')),
      line('written in', said.language),
      line('support', [said.supportLevel, said.releaseStage].filter(Boolean).join(', ')),
      line('reads', said.sourceType),
      line('streams', said.suggestedStreams.join(', ')),
      ...ways.map((way) => line('evidence', evidenceOf(way))),
      ...breakingChanges.toReversed().map((change) => {
        const url = change.migrationUrl === undefined ? '' : ` (${change.migrationUrl})`;
        return line('breaking', `${change.version}: ${change.message}${url}`);
      }),
      line('see', said.documentationUrl),
    ];
  }
}

function evidenceOf(way: ConnectorWay): string | undefined {
  if (way.way !== 'python' || way.verified === undefined) return undefined;
  const { version, on, answered } = way.verified;
  return `${way.package} ${version} answered ${answered.join(', ')} on ${on}`;
}

function placeOf({ kind, label, confirmedAt }: RegistryOrigin): string {
  if (confirmedAt === undefined) return label;
  const at = new Date(confirmedAt).toISOString().slice(0, 16).replace('T', ' ');
  return `${label}, ${kind === 'copy' ? 'its copy of' : 'asked'} ${at} UTC`;
}
