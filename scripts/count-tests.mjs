// Prints "PASSED FAILED" of a vitest JSON report, and names what was skipped on stderr.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const file of report.testResults) {
  for (const test of file.assertionResults) {
    if (test.status !== 'passed' && test.status !== 'failed') {
      process.stderr.write(`skipped: ${test.fullName}\n`);
    }
  }
}
process.stdout.write(`${report.numPassedTests} ${report.numFailedTests}\n`);
