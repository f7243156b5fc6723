import { findPodCondition, isPodReady, type Pod } from "@kubets/api";
import { formatTime } from "@kubets/machinery";
import { expect, test } from "vitest";
import { type Program, programsByImage } from "./programs.ts";
import { after, aPod, type ContainerFacts, live, type Life } from "./testing/objects.ts";

const handler = { tcpSocket: { port: 80 } };
const main = (pod: Pod) => pod.status.containerStatuses![0]!;
const begin = (container: Partial<ContainerFacts>, program: Program, facts = {}): Life =>
  live(aPod({ containers: [{ name: "main", ...container }], ...facts }), [programsByImage({ main: program })]);
/** What happens up to a time, at every moment at which something does. */
function upTo(seconds: number, life: Life): Life {
  let now = life;
  while (now.wakesAt !== undefined && now.wakesAt <= seconds) now = now.at(now.wakesAt);
  return now.at(seconds);
}

test("a container that turns unhealthy is ended after so many failures, and starts again at once, then with back-off", () => {
  const life = begin({ livenessProbe: { ...handler, periodSeconds: 5, failureThreshold: 3 } }, { live: 60_000, stopsWithin: 2_000 });
  // The probe fails at 60, 65 and 70 seconds; until 72 the container ends.
  expect([upTo(69, life).told, main(upTo(71, life).pod).restartCount]).toEqual([
    ["Unhealthy Liveness probe failed: dial tcp 10.0.0.2:80: connect: connection refused"].flatMap((each) => [each, each]),
    0,
  ]);
  const again = upTo(72, life);
  expect([again.told.at(-1), main(again.pod)]).toMatchObject([
    "Killing Container main failed liveness probe, will be restarted",
    {
      restartCount: 1,
      state: { running: { startedAt: formatTime(after(72)) } },
      lastState: { terminated: { finishedAt: formatTime(after(72)) } },
    },
  ]);
  const second = upTo(72 + 72, life);
  expect([main(second.pod).state.waiting?.reason, second.told.at(-1), second.wakesAt]).toEqual([
    "CrashLoopBackOff",
    "BackOff Back-off restarting failed container main in pod web_default(uid-of-web)",
    72 + 72 + 10,
  ]);
});

test("whoever failed its liveness probe is restarted whatever it exits with, except where nothing is", () => {
  const restarts = (restartPolicy: "Always" | "OnFailure" | "Never"): string => {
    const { pod } = upTo(15, begin({ livenessProbe: { ...handler, failureThreshold: 1 } }, { live: 10_000 }, { restartPolicy }));
    return `${pod.status.phase} ${main(pod).restartCount}`;
  };
  expect([restarts("Always"), restarts("OnFailure"), restarts("Never")]).toEqual(["Running 1", "Running 1", "Succeeded 0"]);
});

test("a probe's own grace period goes before the Pod's", () => {
  const probe = { ...handler, failureThreshold: 1, terminationGracePeriodSeconds: 3 };
  const { pod } = upTo(13, begin({ livenessProbe: probe }, { live: 10_000, stopsWithin: 1e9 }));
  expect(main(pod).lastState.terminated).toMatchObject({ exitCode: 137, finishedAt: formatTime(after(13)) });
});

test("until the startup probe succeeds nobody asks the others, and who takes too long is ended", () => {
  const container = {
    startupProbe: { ...handler, periodSeconds: 2, failureThreshold: 5 },
    livenessProbe: { ...handler, failureThreshold: 1 },
  };
  const slow = begin(container, { started: 7_000, live: (running) => running >= 7_000 });
  expect([main(upTo(6, slow).pod).started, main(upTo(7, slow).pod).started, main(upTo(60, slow).pod).restartCount]).toEqual([
    false,
    true,
    0,
  ]);
  const tooSlow = upTo(8, begin(container, { started: 60_000 }));
  expect([main(tooSlow.pod).restartCount, tooSlow.told.findLast((each) => each.startsWith("Killing"))]).toEqual([
    1,
    "Killing Container main failed startup probe, will be restarted",
  ]);
});

test("a function decides at every probe whether a container is ready", () => {
  const life = begin(
    { readinessProbe: { ...handler, periodSeconds: 5, successThreshold: 2, failureThreshold: 2 } },
    { ready: (running) => running < 20_000 || running >= 60_000 },
  );
  const seen = [0, 5, 20, 25, 60, 65].map((seconds) => isPodReady(upTo(seconds, life).pod));
  expect(seen).toEqual([false, true, true, false, false, true]);
  expect(findPodCondition(upTo(25, life).pod, "Ready")?.lastTransitionTime).toBe(formatTime(after(25)));
  expect(main(upTo(300, life).pod).restartCount).toBe(0);
});

test("a function that throws is named with its image and container", () => {
  const sulks = (): never => {
    throw new Error("no mood");
  };
  const life = begin({ livenessProbe: { ...handler, initialDelaySeconds: 5 } }, { live: sulks });
  expect(() => life.at(5)).toThrow('The program of image "main" failed for the container main of Pod default/web: no mood');
});

test("back-off doubles up to five minutes", () => {
  const life = begin({}, { runFor: 1_000, exitCode: 1 });
  const waits: number[] = [];
  let now = life;
  for (let ends = 0; ends < 9;) {
    const before = now.wakesAt!;
    now = now.at(before);
    if (main(now.pod).state.waiting === undefined) continue;
    ends++;
    waits.push(now.wakesAt! - before);
  }
  expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300, 300, 300]);
});
