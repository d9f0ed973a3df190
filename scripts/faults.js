// The long form of test/faults: every kill, stop and full disk, at many points. Takes a while.
//   npm run faults                        all of it
//   npm run faults -- kill                one kind of fault: kill, terminate, stop, disk, changing, prepare, messages
//   FAULTS_SEED=7 npm run faults          other points
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const only = process.argv.slice(2);
const files = only.length > 0 ? only.map((each) => `test/faults/${each}`) : ['test/faults'];
const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest, ...files],
  { stdio: 'inherit', env: { ...process.env, FAULTS: 'long' } },
);
process.exitCode = status ?? 1;
