import { field, map, object, quantity, type Schema, text } from "@kubets/machinery";

/** Counters that devices use together. */
export interface CounterSet {
  readonly name: string;
  readonly counters: Readonly<Record<string, Counter>>;
}

/** What a device uses of shared counters. */
export interface DeviceCounterConsumption {
  readonly counterSet: string;
  readonly counters: Readonly<Record<string, Counter>>;
}

/** How much there is of something. */
export interface Counter {
  readonly value: string;
}

const counter: Schema<Counter> = object<Counter>("io.k8s.api.resource.v1.Counter", "How much there is of something.", {
  value: field(quantity, { field: 1, required: true, doc: "How much." }),
});

export const deviceCounterConsumption: Schema<DeviceCounterConsumption> = object<DeviceCounterConsumption>(
  "io.k8s.api.resource.v1.DeviceCounterConsumption",
  "What a device uses of shared counters.",
  {
    counterSet: text({ field: 1, required: true, doc: "The set of counters." }),
    counters: map(counter, { field: 2, required: true, doc: "How much of each." }),
  },
);

export const counterSet: Schema<CounterSet> = object<CounterSet>(
  "io.k8s.api.resource.v1.CounterSet",
  "Counters that devices use together.",
  {
    name: text({ field: 1, required: true, doc: "Its name." }),
    counters: map(counter, { field: 2, required: true, doc: "The counters by name; at most 32." }),
  },
);
