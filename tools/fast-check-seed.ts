import fc from "fast-check";

// Properties are reproducible: the same seed on every machine, another one by KUBETS_SEED. A failure prints the seed and the path to
// its smallest case.
fc.configureGlobal({ seed: Number(process.env.KUBETS_SEED ?? 20_261_121) });
