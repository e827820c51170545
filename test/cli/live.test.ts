import { execFileSync } from 'node:child_process';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { main, openPlace } from './run-sluice.ts';

const place = openPlace();
afterAll(() => place[Symbol.dispose]());

/** util-linux's program that runs a command on a terminal of its own. */
const ownTerminal = 'script';
const haveScript = process.platform === 'linux' && /util-linux/.test(versionOfScript());

describe.skipIf(!haveScript)('on a terminal', () => {
  it('the display is redrawn, the cursor comes back, and the last picture stays', async () => {
    const shown = await runOnTerminal({ CI: undefined });
    expect(shown).toContain(hidden);
    expect(shown.lastIndexOf(visible)).toBeGreaterThan(shown.lastIndexOf(hidden));
    expect(shown).toMatch(/✓\S* users +20 +20 /);
    expect(shown).toContain('140 records confirmed');
  });

  it('nothing is redrawn in CI', async () => {
    const shown = await runOnTerminal({ CI: 'true' });
    expect(shown).not.toContain(hidden);
    expect(shown).toContain('140 records confirmed');
  });
});

const hidden = '\u001b[?25l';
const visible = '\u001b[?25h';

async function runOnTerminal(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const command = `stty columns 100 rows 24; "${process.execPath}" "${main}" sync faker destination-dev-null --state-cache none --source-config '{"count": 20}'`;
  const { stdout } = await execa(ownTerminal, ['-qfec', command, '/dev/null'], {
    cwd: place.folder,
    stdin: 'ignore',
    env: { TERM: 'xterm-256color', NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
  });
  return stdout;
}

function versionOfScript(): string {
  try {
    return execFileSync(ownTerminal, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}
