// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} in plain strings is what is tested
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig, refuseStdinTwice } from '../../src/cli/config-argument.ts';
import { ConfigInvalidError, InputError } from '../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function refusal(argument: string, env: Record<string, string> = {}): Promise<Error> {
  const error: unknown = await readConfig('--config', argument, { env }).catch((thrown: unknown) => thrown);
  if (!(error instanceof InputError)) throw new Error(`not refused: ${argument}`);
  return error;
}

describe('where a config comes from', () => {
  it('is taken as JSON where it starts with a brace', async () => {
    expect(await readConfig('--config', ' {"count": 3}')).toEqual({ count: 3 });
  });

  it('is read from a JSON file, also with a byte order mark', async () => {
    expect(await readConfig('--config', file('bom.json', '\ufeff{"a": "ö"}'))).toEqual({ a: 'ö' });
  });

  it('is read from files in UTF-16 of either order', async () => {
    const little = Buffer.from('\ufeff{"a": "ö"}', 'utf16le');
    const big = Buffer.from(little).swap16();
    expect(await readConfig('--config', file('little.json', little))).toEqual({ a: 'ö' });
    expect(await readConfig('--config', file('big.json', big))).toEqual({ a: 'ö' });
  });

  it('is read from a TOML file, dates as they are spelt', async () => {
    const path = file('a.toml', 'start = 2024-01-31\nat = 2024-01-31T10:00:00Z\n[credentials]\nkey = "x"\n');
    expect(await readConfig('--config', path)).toEqual({
      start: '2024-01-31',
      at: expect.stringMatching(/^2024-01-31T10:00:00(\.000)?Z$/),
      credentials: { key: 'x' },
    });
  });

  it('is read from stdin as JSON or TOML', async () => {
    const from = (text: string) => readConfig('--config', '-', { stdin: async () => Buffer.from(text) });
    expect(await from('{"a": 1}\n')).toEqual({ a: 1 });
    expect(await from('[a]\nb = 1\n')).toEqual({ a: { b: 1 } });
    await expect(from('[1]')).rejects.toThrow('must be an object of settings, not a list');
  });

  it('keeps every digit of a whole number', async () => {
    expect(await readConfig('--config', '{"id": 9007199254740993, "n": 5}')).toEqual({
      id: 9007199254740993n,
      n: 5,
    });
    const path = file('digits.toml', 'id = 9007199254740993\nn = 5\n');
    expect(await readConfig('--config', path)).toEqual({ id: 9007199254740993n, n: 5 });
  });

  it('is absent where the flag is', async () => {
    expect(await readConfig('--config', undefined)).toBeUndefined();
  });

  it('comes from stdin for one connector only', () => {
    expect(() => refuseStdinTwice({ '--source-config': '-', '--destination-config': '-' })).toThrow(
      '--source-config and --destination-config cannot both come from stdin',
    );
    expect(() => refuseStdinTwice({ '--source-config': '-', '--destination-config': '{}' })).not.toThrow();
  });
});

describe('the environment in a config', () => {
  const env = { TOKEN: 's3cret', HOST: 'db', EMPTY: '' };

  it('fills in names inside texts, at any depth', async () => {
    const text = '{"url": "pg://${HOST}:${TOKEN}@x", "list": [{"a": "${EMPTY}"}], "n": 1}';
    expect(await readConfig('--config', text, { env })).toEqual({
      url: 'pg://db:s3cret@x',
      list: [{ a: '' }],
      n: 1,
    });
  });

  it('keeps what is escaped and what is no name', async () => {
    const text = '{"path": "$${NAMESPACE}/$${TOKEN}", "price": "$5 ${", "other": "${1}"}';
    expect(await readConfig('--config', text, { env })).toEqual({
      path: '${NAMESPACE}/${TOKEN}',
      price: '$5 ${',
      other: '${1}',
    });
  });

  it('does not fill in what a variable holds', async () => {
    expect(await readConfig('--config', '{"a": "${A}"}', { env: { A: '${B}', B: 'b' } })).toEqual({
      a: '${B}',
    });
  });

  it('names every variable that is not set, with its path', async () => {
    const error = await refusal('{"a": {"token": "${NOPE}"}, "list": ["${NADA:-x}"]}');
    expect(error).toBeInstanceOf(ConfigInvalidError);
    expect(error instanceof ConfigInvalidError && error.problems).toEqual([
      { path: 'a.token', message: 'names NOPE, which is not set in the environment' },
      { path: 'list.0', message: 'has more inside the braces than a name: only ${NADA} is understood' },
    ]);
  });
});

describe('a config that cannot be read', () => {
  it.each([
    ['{"a": 1,}', '--config, line 1, column 9: this is not valid JSON: quoted object key expected'],
    [
      '{"a"\n "b"}',
      "--config, line 2, column 2: this is not valid JSON: colon ':' expected after property name",
    ],
    ['{"a": s3cret}', "--config, line 1, column 7: this is not valid JSON: object value expected after ':'"],
    [
      '{"a": 12',
      "--config, line 1, column 9: this is not valid JSON: quoted object key or end of object '}' expected",
    ],
    ['{"pin": 01', "--config, line 1, column 10: this is not valid JSON: comma ',' expected after value"],
    ['{"a": 1, "a": 2}', "--config, line 1, column 11: this is not valid JSON: duplicate key 'a'"],
  ])('says where JSON breaks without quoting it: %s', async (text, message) => {
    const error = await refusal(text);
    expect(error.message).toBe(message);
    expect(error.message).not.toContain('s3cret');
  });

  it('says where TOML breaks without quoting it', async () => {
    const path = file('broken.toml', 'password = "s3cret"\nname = s3cret\n');
    const { message } = await refusal(path);
    expect(message).toBe(`--config ${path}, line 2, column 8: this is not valid TOML: invalid value`);
  });

  it('refuses a number that is beyond all numbers', async () => {
    expect((await refusal('{"id": 1e999}')).message).toBe('--config: a number is too large');
  });

  it.each([
    ['array.json', '[1]', 'must be an object of settings, not a list'],
    ['array', '[1]', 'must be an object of settings, not a list'],
    ['text.json', '"a"', 'must be an object of settings, not a string'],
    ['empty.json', '  \n', 'is empty'],
  ])('refuses what is no object: %s', async (name, content, message) => {
    const path = file(name, content);
    expect((await refusal(path)).message).toBe(`--config ${path} ${message}`);
  });

  it('refuses bytes that are no text', async () => {
    const path = file('bytes.json', Buffer.from([0x7b, 0xc3, 0x28]));
    expect((await refusal(path)).message).toBe(`--config ${path} is not text in UTF-8`);
  });

  it('says that a file is missing', async () => {
    expect((await refusal('missing.json')).message).toBe('--config missing.json: no such file');
  });

  it('does not repeat text that may be a config with its braces forgotten', async () => {
    expect((await refusal('"password": "s3cret"')).message).toBe(
      '--config is neither a JSON object nor a file that exists',
    );
  });

  it('says that a folder is none', async () => {
    expect((await refusal(folder)).message).toBe(`--config ${folder}: the path is a folder, not a file`);
  });
});
