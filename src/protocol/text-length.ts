/**
 * How many characters the texts of a value have: about what it takes as JSON where it takes much. What lies too deep is
 * not looked at, nor is what lies in a circle more than a few times.
 */
export function textLength(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || depth > deepest) return 0;
  let length = 0;
  for (const inner of Array.isArray(value) ? value : Object.values(value))
    length += textLength(inner, depth + 1);
  return length;
}

const deepest = 4;
