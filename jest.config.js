/** @type {import('jest').Config} */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  globalSetup: '<rootDir>/test/setup/start.js',
  // Two processes: a third would only wait for the same two cores and the same server.
  maxWorkers: 2,
  globalTeardown: '<rootDir>/test/setup/stop.js',
  setupFiles: ['<rootDir>/test/setup/seed.ts'],
  testTimeout: 60_000,
};
