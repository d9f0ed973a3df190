import fc from 'fast-check';

/** The same cases in every run, so that a red test is the change's fault; FC_SEED=N looks elsewhere. */
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20261121) });
