import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const copied = [
  'src',
  'test',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  '.dependency-cruiser.cjs',
];

describe('the checks can fail', () => {
  let copy: string;

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'checks-'));
    for (const name of copied) {
      cpSync(join(root, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('the layer check refuses an import that looks up', async () => {
    const cruise = () =>
      execa('npx', ['depcruise', 'src', '--config', '.dependency-cruiser.cjs'], { cwd: copy, reject: false });
    expect(await cruise()).toMatchObject({ exitCode: 0 });
    const file = join(copy, 'src/protocol/state.ts');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, `import '../sync/sync.ts';\n${before}`);
    const refused = await cruise();
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stdout).toContain('layer-protocol');
    writeFileSync(file, before);
  });

  it('the law of the recogniser notices when a late namespace is no longer looked for', async () => {
    const law = () =>
      execa('npx', ['vitest', 'run', '--root', '.', 'test/laws/record.test.ts'], {
        cwd: copy,
        reject: false,
        all: true,
        env: { NO_COLOR: '1' },
      });
    const file = join(copy, 'src/protocol/record-head.ts');
    const before = readFileSync(file, 'utf8');
    expect(await law()).toMatchObject({ exitCode: 0 });
    writeFileSync(file, before.replace('"namespace"', '"namespaces"'));
    const refused = await law();
    expect(refused.exitCode).not.toBe(0);
    expect(refused.all).toContain('Property failed');
    writeFileSync(file, before);
  });
});

describe('the map of the tree', () => {
  const map = readFileSync(join(root, 'AGENTS.md'), 'utf8');
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );

  it.each(files)('has a line for src/%s', (file) => {
    expect(map).toMatch(new RegExp(`^\\s*${basename(file).replaceAll('.', '\\.')}\\s+\\S`, 'm'));
  });

  it('names no file that is gone', () => {
    const named = [...map.matchAll(/^\s+([\w-]+\.ts)\s/gm)].map((match) => match[1] ?? '');
    const present = new Set(files.map((file) => basename(file)));
    expect(named.filter((name) => !present.has(name))).toEqual([]);
  });

  it('has no file whose name says nothing', () => {
    expect(files.filter((file) => /^(utils|helpers|common|types|misc)\.ts$/.test(basename(file)))).toEqual(
      [],
    );
    expect(existsSync(join(root, 'src/index.ts'))).toBe(true);
  });
});
