import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';

/** A folder of its own for a file's tests, in which `.sluice` lies too. */
export function inNewHome(): () => string {
  let folder: string | undefined;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'smoke-'));
    process.env['SLUICE_DIR'] = join(folder, 'home');
  });
  afterAll(() => {
    delete process.env['SLUICE_DIR'];
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });
  return () => folder ?? expect.fail('the folder has not been made');
}
