type Environment = Readonly<Record<string, string | undefined>>;

interface Stream {
  readonly isTTY?: boolean | undefined;
  /** 0 where nobody has said how wide the terminal is. */
  readonly columns?: number | undefined;
}

/** Whether to colour what goes to a stream: FORCE_COLOR decides first, then NO_COLOR, then whether it is a terminal. */
export function wantsColour(stream: Stream, env: Environment = process.env): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

/** Whether a display that redraws itself is welcome: on a terminal that can, and not where CI keeps every frame. */
export function wantsLive(stream: Stream, env: Environment = process.env): boolean {
  const ci = env['CI'] ?? '';
  const inCi = ci !== '' && ci !== '0' && ci !== 'false';
  return stream.isTTY === true && stream.columns !== 0 && env['TERM'] !== 'dumb' && !inCi;
}

/** A text fit for a terminal: control characters, which could move the cursor or recolour the screen, are left out. */
export function printable(text: string): string {
  return text.replace(escapeSequences, '').replace(controls, '');
}

/** How many columns a text takes: wide characters take two, combining marks none. Styles are not counted. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text.replace(escapeSequences, '')) {
    if (combining.test(character)) continue;
    width += wide.test(character) ? 2 : 1;
  }
  return width;
}

/** Cuts a text to at most so many columns and ends it with `…` where something was cut. Not for styled text. */
export function truncate(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += textWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Fills a text, styled or not, with spaces to so many columns. */
export function pad(text: string, columns: number, side: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, columns - textWidth(text)));
  return side === 'left' ? text + space : space + text;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const escapeSequences = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g;
const controls = /(?![\n\t])\p{Cc}/gu;
const combining = /\p{Mn}|\u200d|\ufe0f/u;
const wide =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\u3000-\u303f\uff01-\uff60]/u;
