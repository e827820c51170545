import { type Scenario, text, types, valuesOf } from './scenario.ts';

const kilobyte = 1024;

/** Texts: what they may consist of, what they look like, and how long they get. */
export const textScenarios: readonly Scenario[] = [
  {
    name: 'texts',
    about: 'empty and blank texts, quotes, control characters, texts that look like something else',
    streams: [
      valuesOf(
        'texts',
        types.string,
        [
          ...['', ' ', '  both ends  ', '\t', '\n', '\r\n', 'a\nb\r\nc\td', 'trailing\\', '\\', '\\N', '\\.'],
          ...['"', "'", "''", '`', '"quoted"', "it's", 'a,b;c|d', '"a","b"', '%s %d %%', '{{x}} $1 ? :x'],
          ...['null', 'NULL', 'None', 'NaN', 'Infinity', 'true', 'false', '0', '1.0', '007', '1e3', '-'],
          ...['2024-02-29', '2024-01-31T10:30:00Z', '{"a":1}', '[1,2]', '{}', '[]', '{1,2}', '<b>x</b>&amp;'],
          ...["Robert'); DROP TABLE students;--", '/* x */ -- y', '=1+1', '@x', '\\x41', '\\u0041', 'AQI='],
          ...['\u0001\u0002\u001f\u007f', '\u0008\u000b\u000c', '\u0085\u00a0'],
        ].map(text),
      ),
    ],
  },
  {
    name: 'unicode',
    about: 'letters of many scripts, emoji, combining and invisible characters, both forms of é',
    streams: [
      valuesOf(
        'unicode',
        types.string,
        [
          ...['äöüß', 'Ελληνικά', 'русский', '日本語', '한국어', 'ไทย', 'हिन्दी', 'עברית', 'العربية'],
          ...['😀', '👨‍👩‍👧‍👦', '🇩🇪', '𝒳', '\u{10ffff}', '\u{1f469}\u{1f3fd}'],
          ...['\u00e9', 'e\u0301', 'Z\u0351\u0346\u0343', '\ufb01', 'ǅ', 'İi', 'ſs'],
          ...['\u200b', 'a\u200db', '\u202eright to left', '\ufeffmark', '\u2028\u2029', '\ufffd', '\uffff'],
        ].map(text),
      ),
    ],
  },
  {
    name: 'nul_characters',
    about: 'U+0000 in texts, which some databases cannot hold',
    streams: [
      valuesOf('nul_characters', types.string, ['\0', 'a\0b', '\0\0', 'end\0'].map(text)),
      valuesOf('nul_in_objects', types.object, ['{"a\\u0000":"b\\u0000"}']),
    ],
  },
  {
    name: 'lone_surrogates',
    about: 'half a pair of UTF-16, which JSON can spell and UTF-8 cannot',
    streams: [
      valuesOf('lone_surrogates', types.string, ['"\\ud800"', '"a\\udfffb"', '"\\udc00\\ud800"']),
      valuesOf('surrogates_in_arrays', types.array, ['["\\ud800",1]']),
    ],
  },
  {
    name: 'binary',
    about: 'bytes as base64',
    streams: [
      valuesOf(
        'binary',
        types.binary,
        [Buffer.alloc(0), Buffer.from([0]), Buffer.from([0, 255, 128, 10]), Buffer.alloc(999, 0xfb)].map(
          (bytes) => text(bytes.toString('base64')),
        ),
      ),
    ],
  },
  {
    name: 'long_texts',
    about: 'texts of 256 bytes to 1 MB',
    streams: [
      valuesOf(
        'long_texts',
        types.string,
        [255, 256, 4000, 4001, 65_535, 65_536, 256 * kilobyte, kilobyte * kilobyte].flatMap((length) => [
          text('x'.repeat(length)),
          ...(length > 65_536 ? [] : [text('é'.repeat(length))]),
        ]),
      ),
    ],
  },
];
