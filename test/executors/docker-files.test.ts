import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { archiveTree } from '../../src/executors/docker/files.ts';

describe('the archive of a folder', () => {
  it('holds every file, program and link of it, whatever their names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'archive-'));
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    try {
      const deep = `${'very-long-name/'.repeat(12)}ümlaut.txt`;
      const files = {
        'plain.txt': 'plain',
        empty: '',
        'a block': 'x'.repeat(512),
        [deep]: 'deep',
        run: '#!/bin/sh',
      };
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(from, name)), { recursive: true });
        writeFileSync(join(from, name), text, { mode: 0o600 });
      }
      chmodSync(join(from, 'run'), 0o700);
      symlinkSync(deep, join(from, 'link'));
      mkdirSync(to);
      execFileSync('tar', ['-x', '-C', to, '-f', '-'], { input: await archiveTree(from) });
      for (const [name, text] of Object.entries(files))
        expect(readFileSync(join(to, name), 'utf8')).toBe(text);
      expect(readlinkSync(join(to, 'link'))).toBe(deep);
      const modes = ['plain.txt', 'run'].map((name) => statSync(join(to, name)).mode & 0o777);
      expect(modes).toEqual([0o644, 0o755]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
