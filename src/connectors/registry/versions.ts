/** Compares versions such as `1.2.0`, `v1.10`, `2.0.0-rc.1`, `0.3.1.dev5`: below 0 if the first is the older one. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [partsOf(one), partsOf(other)];
  const byNumber = compareLists(left.numbers, right.numbers, (a = 0, b = 0) => a - b);
  if (byNumber !== 0) return byNumber;
  // What comes before a release is older than the release itself.
  if (left.before.length === 0 || right.before.length === 0) return right.before.length - left.before.length;
  return compareLists(left.before, right.before, compareMarks);
}

/** Whether a text says a version at all, and not something like `latest` or `dev`. */
export function isVersion(text: string): boolean {
  return /^v?\d+(\.\d+)*([-.+]?[a-z0-9][\w.+-]*)?$/i.test(text);
}

interface Parts {
  readonly numbers: readonly number[];
  /** Of `-rc.1` the marks `rc` and `1`. */
  readonly before: readonly string[];
}

/** What follows a `+` counts for nothing; `1.0rc1`, `1.0-rc.1` and `1.0.rc1` are spelt differently and are the same. */
function partsOf(version: string): Parts {
  const [text = ''] = version.trim().toLowerCase().replace(/^v/, '').split('+');
  const [release = ''] = /^\d+(\.\d+)*/.exec(text) ?? [];
  return {
    numbers: release.split('.').filter(Boolean).map(Number),
    before: text.slice(release.length).match(/\d+|[a-z]+/g) ?? [],
  };
}

/** Numbers count as numbers, and come before words. */
function compareMarks(one: string | undefined, other: string | undefined): number {
  if (one === undefined || other === undefined) return one === other ? 0 : one === undefined ? -1 : 1;
  const [left, right] = [Number(one), Number(other)];
  if (Number.isNaN(left) && Number.isNaN(right)) return one < other ? -1 : one > other ? 1 : 0;
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.isNaN(left) ? 1 : -1;
  return left - right;
}

function compareLists<Item>(
  one: readonly Item[],
  other: readonly Item[],
  compare: (a: Item | undefined, b: Item | undefined) => number,
): number {
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const order = compare(one[at], other[at]);
    if (order !== 0) return Math.sign(order);
  }
  return 0;
}
