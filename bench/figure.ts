/** One line of the table. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  readonly memoryMb?: number;
  readonly baseline?: string;
  /** Measured against the baseline, in the sense in which the aim is told. */
  readonly ratio?: number;
  readonly aim?: string;
  readonly reached?: boolean;
}

/** A bench that cannot run here says why. */
export interface Skipped {
  readonly what: string;
  readonly skipped: string;
}

export function table(figures: readonly (Figure | Skipped)[]): string {
  const head = ['what', 'measured', 'peak memory', 'baseline', 'ratio', 'aim', ''];
  const rows = figures.map((figure) =>
    'skipped' in figure ? [figure.what, `skipped: ${figure.skipped}`, '', '', '', '', ''] : cells(figure),
  );
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function cells({ what, measured, memoryMb, baseline, ratio, aim, reached }: Figure): readonly string[] {
  return [
    what,
    measured,
    memoryMb === undefined ? '' : `${memoryMb.toFixed(0)} MB`,
    baseline ?? '',
    ratio === undefined ? '' : ratio.toFixed(2),
    aim ?? '',
    reached === undefined ? '' : reached ? 'reached' : 'missed',
  ];
}

export function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

export function perSecond(records: number, time: number): string {
  const thousands = records / time / 1000;
  return thousands >= 1000 ? `${(thousands / 1000).toFixed(2)} M/s` : `${thousands.toFixed(0)} k/s`;
}
