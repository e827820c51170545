import { sqlEngineContract } from '../contracts/sql-engine-contract.ts';
import { testEngines } from './test-engines.ts';

for (const { name, open } of testEngines()) sqlEngineContract(name, open);
