import type { Difference, ScenarioOutcome, ScenarioReport, SmokeTestReport } from '../index.ts';
import { counted, duration } from './figures.ts';
import type { Palette } from './palette.ts';
import { pad, printable } from './terminal.ts';

/** The scenarios that there are, a line each. */
export function renderScenarios(
  scenarios: readonly { readonly name: string; readonly about: string; readonly isSlow: boolean }[],
  { dim }: Palette,
): string {
  const lines = scenarios.map(
    ({ name, about, isSlow }) => `${pad(name, nameWidth)}  ${about}${isSlow ? dim(' (slow)') : ''}`,
  );
  return `${lines.join('\n')}\n`;
}

/** One scenario: how it went, and below what differs or why it failed. */
export function renderScenario(report: ScenarioReport, colours: Palette): string {
  const { name, outcome, records, durationMs, reason } = report;
  const { mark, colour } = marks[outcome];
  const figures = [
    pad(name, nameWidth),
    pad(counted(records, 'record'), 15, 'right'),
    pad(duration(durationMs), 7, 'right'),
    notes(report),
  ];
  const isSkipped = outcome === 'skipped';
  const said = printable(isSkipped ? `${name}: ${reason}` : figures.join('  ').trimEnd());
  const head = `${colours[colour](`${mark} ${pad(outcome, 9)}`)}  ${said}`;
  const below = outcome === 'passed' || isSkipped || reason === undefined ? [] : [reason];
  if (outcome === 'failed') {
    const shown = report.differences.slice(0, mostShown);
    const more = report.differenceCount - shown.length;
    below.push(...shown.map(sentence), ...(more > 0 ? [`and ${more} more (--json has up to 50)`] : []));
    if (report.error?.guidance !== undefined) below.push(report.error.guidance);
  }
  const lines = below.map((line) => `             ${printable(line).replaceAll('\n', ' ')}`);
  return `${[head, ...lines].join('\n')}\n`;
}

/** The whole in a line. */
export function renderVerdict(
  { outcomes, scenarios, readBackFrom, durationMs }: SmokeTestReport,
  colours: Palette,
): string {
  const parts = (Object.keys(marks) as ScenarioOutcome[])
    .filter((outcome) => outcomes[outcome] > 0)
    .map((outcome) => colours[marks[outcome].colour](`${outcomes[outcome]} ${outcome}`));
  const from =
    readBackFrom === null
      ? 'what arrived could not be read back, so nothing was compared'
      : `read back from ${readBackFrom} and compared`;
  const count = counted(scenarios.length, 'scenario');
  return `${count}: ${parts.join(', ')}, in ${duration(durationMs)}; ${from}`;
}

/** What the test has left behind, if anything. */
export function renderRemains({ destination, left }: SmokeTestReport): string | undefined {
  if (left === null) return undefined;
  const { namespace, streamPrefix, streams } = left;
  const where = namespace === null ? '' : ` in namespace ${namespace}`;
  const called = streamPrefix === '' ? '' : `, named ${streamPrefix}…`;
  return `left in ${destination}: ${counted(streams.length, 'stream')}${where}${called}; remove them when you have looked`;
}

const marks = {
  passed: { mark: '✓', colour: 'green' },
  delivered: { mark: '✓', colour: 'cyan' },
  refused: { mark: '·', colour: 'yellow' },
  skipped: { mark: '·', colour: 'dim' },
  failed: { mark: '✗', colour: 'red' },
} as const satisfies Record<ScenarioOutcome, { readonly mark: string; readonly colour: keyof Palette }>;

const nameWidth = 25;
const mostShown = 5;

/** What differs without being a loss: by kind. */
function notes({ outcome, differences, differenceCount }: ScenarioReport): string {
  if (outcome !== 'passed' || differenceCount === 0) return '';
  const kinds = [...new Set(differences.map(({ kind }) => kindWords[kind]))];
  return `${counted(differenceCount, 'note')}: ${kinds.join(', ')}`;
}

const kindWords: Readonly<Record<Difference['kind'], string>> = {
  row_missing: 'is missing',
  row_not_sent: 'is there, and was not sent',
  value_changed: 'is another value',
  value_missing: 'is missing',
  value_not_sent: 'is there, and was not sent',
  respelled: 'spelled otherwise',
  null_or_absent: 'null or absent',
  undeclared_dropped: 'undeclared, left out',
};

function sentence({ kind, stream, row, field, expected, actual }: Difference): string {
  const where = [stream, row, ...(field === undefined ? [] : [JSON.stringify(field)])].join(', ');
  const sent = expected === undefined ? [] : [`sent ${expected}`];
  const there = actual === undefined ? [] : [`there ${actual}`];
  return `${where}: ${kindWords[kind]}; ${[...sent, ...there].join(', ')}`;
}
