import { createHash } from 'node:crypto';

/** Remembers the last so many texts, by their hashes. */
export function recentTexts(limit: number): { add(text: string): void; has(text: string): boolean } {
  const hashes = new Set<string>();
  return {
    add(text) {
      hashes.add(hashOf(text));
      const [oldest] = hashes;
      if (hashes.size > limit && oldest !== undefined) hashes.delete(oldest);
    },
    has: (text) => hashes.has(hashOf(text)),
  };
}

function hashOf(text: string): string {
  return createHash('sha1').update(text).digest('base64');
}
