import {
  createProfile,
  extensionPoints,
  type PluginArguments,
  type PluginSet,
  type Profile,
  type ProfileConfiguration,
} from "@kubets/scheduler";
import type { SchedulerSettings } from "../../scheduler-component.ts";
import { type ConfigFields, readConfigFile } from "../config-file.ts";
import type { LeaderElectionDefaults } from "../common-settings.ts";
import { defined } from "../flag-reader.ts";
import { FlagError } from "../flags.ts";
import { readPluginArguments } from "./plugin-arguments.ts";

/** What a KubeSchedulerConfiguration says. */
export interface SchedulerConfiguration extends SchedulerSettings {
  readonly kubeconfig?: string;
  readonly leaderElection: LeaderElectionDefaults;
}

const everyNode = "all nodes that fit are scored";

/** Throws a `FlagError` for what can't be read, for fields that there aren't, and for what this scheduler can't do. */
export function readSchedulerConfiguration(path: string): SchedulerConfiguration {
  const fields = readConfigFile("config", path, { apiVersion: "kubescheduler.config.k8s.io/v1", kind: "KubeSchedulerConfiguration" });
  fields.idle("parallelism enableProfiling enableContentionProfiling delayCacheUntilActive");
  fields.only("percentageOfNodesToScore", [0, 100], everyNode);
  fields.only("extenders", [[]], "there are no extenders: what one would do is a plugin's");
  const client = fields.fields("clientConnection");
  client?.idle("acceptContentTypes contentType qps burst");
  const kubeconfig = client?.text("kubeconfig");
  const seconds = (name: string): number | undefined => {
    const value = fields.number(name);
    return value === undefined ? undefined : value * 1000;
  };
  const backoff = defined({ initial: seconds("podInitialBackoffSeconds"), maximum: seconds("podMaxBackoffSeconds") });
  const configuration = {
    leaderElection: readLeaderElection(fields.fields("leaderElection")),
    backoff,
    ...profilesOf(fields.list("profiles")),
    ...(kubeconfig === undefined || kubeconfig === "" ? {} : { kubeconfig }),
  };
  fields.end();
  return configuration;
}

function readLeaderElection(fields: ConfigFields | undefined): LeaderElectionDefaults {
  fields?.only("resourceLock", ["leases"], "leaders are elected by Leases alone");
  return {
    name: fields?.text("resourceName") ?? "kube-scheduler",
    ...defined({
      namespace: fields?.text("resourceNamespace"),
      elects: fields?.isOn("leaderElect"),
      leaseDuration: fields?.duration("leaseDuration"),
      renewDeadline: fields?.duration("renewDeadline"),
      retryPeriod: fields?.duration("retryPeriod"),
    }),
  };
}

function profilesOf(list: readonly ConfigFields[]): { readonly profiles?: readonly Profile[] } {
  if (list.length === 0) return {};
  const profiles = list.map((fields, index) => {
    fields.only("percentageOfNodesToScore", [0, 100], everyNode);
    const schedulerName = fields.text("schedulerName") ?? (list.length === 1 ? "default-scheduler" : "");
    if (schedulerName === "") throw new FlagError(`profiles[${index}].schedulerName: Required value`);
    return profileOf({ schedulerName, plugins: pluginSets(fields.fields("plugins")), arguments: argumentsOf(fields.list("pluginConfig")) });
  });
  const twice = profiles.find(({ schedulerName }, index) => profiles.findIndex((each) => each.schedulerName === schedulerName) !== index);
  if (twice !== undefined) throw new FlagError(`duplicate profile with scheduler name ${JSON.stringify(twice.schedulerName)}`);
  return { profiles };
}

function profileOf(configuration: ProfileConfiguration): Profile {
  try {
    return createProfile(configuration);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new FlagError(`profile ${JSON.stringify(configuration.schedulerName)}: ${error.message}`);
  }
}

function pluginSets(fields: ConfigFields | undefined): ProfileConfiguration["plugins"] {
  const sets = (["multiPoint", ...extensionPoints] as const).flatMap((point) => {
    const set = fields?.fields(point);
    return set === undefined ? [] : [[point, pluginSet(set)] as const];
  });
  return Object.fromEntries(sets);
}

function pluginSet(fields: ConfigFields): PluginSet {
  const entry = (each: ConfigFields): { readonly name: string; readonly weight?: number } => {
    const weight = each.number("weight");
    return { name: each.text("name") ?? "", ...(weight === undefined || weight === 0 ? {} : { weight }) };
  };
  return { enabled: fields.list("enabled").map(entry), disabled: fields.list("disabled").map((each) => entry(each).name) };
}

function argumentsOf(list: readonly ConfigFields[]): PluginArguments {
  return Object.assign({}, ...list.map((fields) => readPluginArguments(fields.text("name") ?? "", fields))) as PluginArguments;
}
