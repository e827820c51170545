import { z } from 'zod';
import { InstallError } from '../../errors.ts';
import type { Tools } from '../run-tool.ts';
import type { PythonRequest } from './request.ts';
import { programFile } from './venv.ts';

/** What a virtual environment holds of a connector. */
export interface Inspected {
  readonly python: string;
  /** The console script that is the connector. */
  readonly program: string;
  readonly package: string;
  readonly version: string;
}

/** Asks a virtual environment which of its programs is the connector, and in which version. */
export async function inspectVenv(venv: string, request: PythonRequest, tools: Tools): Promise<Inspected> {
  const { name, program: wanted } = request;
  const { isOk, stdout, lines } = await tools.run(programFile(venv, 'python'), ['-I', '-c', inspection], {
    quiet: true,
  });
  if (!isOk) {
    throw new InstallError(`${name}: the installed Python does not run`, {
      context: { connector: name, output: lines },
    });
  }
  const { python, scripts } = inspectionSchema.parse(JSON.parse(stdout));
  const own = scripts.find((script) => script.program === wanted);
  const asked = scripts.filter((script) => wasAskedFor(script, request));
  const found = own ?? asked.find(({ program }) => /^(source|destination)-/.test(program));
  if (found === undefined) {
    const names = asked.map(({ program }) => program);
    throw new InstallError(`${name}: ${request.label} has no program "${wanted}", nor any other connector`, {
      guidance: `Programs it has: ${names.length === 0 ? 'none' : names.join(', ')}.`,
      context: { connector: name, programs: scripts.map(({ program }) => program) },
    });
  }
  return { python, program: found.program, package: found.package, version: found.version };
}

type Script = z.infer<typeof scriptSchema>;

/** Whether a script is of a package that was asked for itself, not of one that such a package needs. */
function wasAskedFor(script: Script, { words }: PythonRequest): boolean {
  if (script.isDirect) return true;
  const asked = words.map((word) => plainName(/^[\w.-]+/.exec(word)?.[0] ?? ''));
  return asked.includes(plainName(script.package));
}

/** Package names count as the same however they are cased and joined. */
function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

const scriptSchema = z.object({
  program: z.string(),
  package: z.string(),
  version: z.string(),
  /** Installed from a path or a URL, not from an index. */
  isDirect: z.boolean(),
});

const inspectionSchema = z.object({ python: z.string(), scripts: z.array(scriptSchema) });

const inspection = `
import json, sys
from importlib.metadata import distributions
scripts = [
    {
        "program": entry.name,
        "package": found.metadata["Name"],
        "version": found.version,
        "isDirect": found.read_text("direct_url.json") is not None,
    }
    for found in distributions()
    for entry in found.entry_points
    if entry.group == "console_scripts"
]
print(json.dumps({"python": ".".join(map(str, sys.version_info[:3])), "scripts": scripts}))
`;
