/** The names most like a misspelt one, best first; none if nothing is near enough to be meant. A part of a name counts too. */
export function nearest(name: string, names: Iterable<string>, limit = 3): readonly string[] {
  return ranked(
    name,
    names,
    (edits, wanted, candidate) => isMisspelt(edits, wanted, candidate) || isPart(wanted, candidate),
  ).slice(0, limit);
}

/** The name of which this one is a likely misspelling, if there is one. */
export function misspelt(name: string, names: Iterable<string>): string | undefined {
  return ranked(name, names, isMisspelt)[0];
}

/** `did you mean "users"?`, or nothing. For the guidance of an error. */
export function didYouMean(name: string, names: Iterable<string>): string | undefined {
  const [first, ...others] = nearest(name, names).map((one) => `"${one}"`);
  if (first === undefined) return undefined;
  return `did you mean ${[first, ...others].join(' or ')}?`;
}

type IsNear = (edits: number, wanted: string, candidate: string) => boolean;

function ranked(name: string, names: Iterable<string>, isNear: IsNear): readonly string[] {
  const wanted = name.toLowerCase();
  return (
    [...new Set(names)]
      .map((candidate) => ({ candidate, edits: editDistance(wanted, candidate.toLowerCase()) }))
      // The name itself is no advice, whyever it was not found.
      .filter(({ candidate, edits }) => candidate !== name && isNear(edits, wanted, candidate.toLowerCase()))
      .toSorted((a, b) => a.edits - b.edits)
      .map(({ candidate }) => candidate)
  );
}

/** No more than a third of the letters differ. */
function isMisspelt(edits: number, wanted: string, candidate: string): boolean {
  const allowed = Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3));
  return edits <= allowed && edits < wanted.length;
}

function isPart(wanted: string, candidate: string): boolean {
  const holds = candidate.includes(wanted) || wanted.includes(candidate);
  return holds && Math.min(wanted.length, candidate.length) >= shortestPart;
}

const shortestPart = 3;

/** Damerau-Levenshtein (optimal string alignment): inserted, dropped, replaced and swapped letters count one each. */
function editDistance(a: string, b: string): number {
  let older: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          at(previous, j) + 1,
          at(row, j - 1) + 1,
          at(previous, j - 1) + (same ? 0 : 1),
          swapped ? at(older, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    older = previous;
    previous = row;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
