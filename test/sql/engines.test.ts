import { sqlEngineContract } from '../contracts/sql-engine-contract.ts';
import { ownDatabase, ownServer } from '../postgres/engine.ts';
import { testEngines } from './test-engines.ts';

for (const { name, open } of testEngines()) sqlEngineContract(name, open);
if (ownServer !== undefined) sqlEngineContract('PostgreSQL at SLUICE_TEST_POSTGRES', ownDatabase);
